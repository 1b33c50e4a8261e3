package dev.raftsman.policy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;

/**
 * What a target costs. Amounts are in one currency, per GiB and month, per thousand requests, per GiB read.
 *
 * <p>The defaults are list prices of Amazon's us-east-1, by storage class; a bucket elsewhere costs up to twice as much, and
 * a server of one's own, or a directory, has no price that could be known here. Take them for the order of magnitude, and
 * write your own into the target's {@code prices}.
 *
 * @param leastBilledBytes what an object is billed for at least
 */
public record Prices(
        BigDecimal gibMonth,
        BigDecimal thousandPuts,
        BigDecimal thousandGets,
        BigDecimal gibRead,
        long leastBilledBytes,
        String currency) {
    public static final Prices FREE = of("0", "0", "0", "0", 0);

    private static final Map<String, Prices> BY_STORAGE_CLASS = Map.of(
            "", of("0.023", "0.005", "0.0004", "0", 0),
            "STANDARD", of("0.023", "0.005", "0.0004", "0", 0),
            "INTELLIGENT_TIERING", of("0.023", "0.005", "0.0004", "0", 0),
            "STANDARD_IA", of("0.0125", "0.01", "0.001", "0.01", 128 << 10),
            "ONEZONE_IA", of("0.01", "0.01", "0.001", "0.01", 128 << 10),
            "GLACIER_IR", of("0.004", "0.02", "0.01", "0.03", 128 << 10));

    private static final long GIB = 1L << 30;
    private static final int THOUSAND = 1_000;

    /** Digits after the point of every amount: a hundredth of a cent. */
    private static final int SCALE = 4;

    private static Prices of(
            String gibMonth, String thousandPuts, String thousandGets, String gibRead, long leastBilledBytes) {
        return new Prices(
                new BigDecimal(gibMonth),
                new BigDecimal(thousandPuts),
                new BigDecimal(thousandGets),
                new BigDecimal(gibRead),
                leastBilledBytes,
                "USD");
    }

    /** @return Amazon's for the storage class; nothing for one that is not in the table */
    static Prices ofStorageClass(String storageClass) {
        return BY_STORAGE_CLASS.getOrDefault(storageClass, FREE);
    }

    /** What bytes in so many objects cost in a month at most: as if each of them were billed for what it lacks. */
    BigDecimal monthly(long bytes, long objects) {
        return perGib(bytes + objects * leastBilledBytes, gibMonth);
    }

    /** What it costs once to put objects and read them back. */
    BigDecimal once(long puts, long gets, long bytesRead) {
        BigDecimal requests = thousandPuts
                .multiply(BigDecimal.valueOf(puts))
                .add(thousandGets.multiply(BigDecimal.valueOf(gets)))
                .divide(BigDecimal.valueOf(THOUSAND), SCALE, RoundingMode.UP);
        return requests.add(perGib(bytesRead, gibRead));
    }

    private static BigDecimal perGib(long bytes, BigDecimal price) {
        return price.multiply(BigDecimal.valueOf(bytes)).divide(BigDecimal.valueOf(GIB), SCALE, RoundingMode.UP);
    }
}
