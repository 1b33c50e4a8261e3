package dev.raftsman.bench;

/**
 * The event that every set-up logs: four arguments of mixed types and two entries in the context of its thread. The arguments
 * are objects that exist before the call: boxing them would be the application's garbage, not that of what logs. As text it
 * is a line of some 220 bytes.
 */
final class SampleEvent {
    static final String LOGGER = "com.example.shop.checkout.CheckoutService";
    static final String MESSAGE = "order {} of tenant {} was paid after {} ms, total {} EUR";
    static final String TRACE = "traceId";
    static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    static final String CUSTOMER = "customer";
    static final String CUSTOMER_ID = "c-20817764";

    /** A power of two. */
    private static final int VARIANTS = 1024;

    private static final String[] TENANTS = {"acme-europe", "globex-trade", "initech-gmbh", "umbrella-ltd"};
    private static final Long[] ORDERS = new Long[VARIANTS];
    private static final Integer[] MILLIS = new Integer[VARIANTS];
    private static final Double[] TOTALS = new Double[VARIANTS];

    static {
        for (int i = 0; i < VARIANTS; i++) {
            ORDERS[i] = 10_000_000L + 7919L * i;
            MILLIS[i] = 1000 + i;
            TOTALS[i] = (10_000 + 37 * i) / 100.0;
        }
    }

    private SampleEvent() {}

    static Long order(long number) {
        return ORDERS[(int) number & VARIANTS - 1];
    }

    static String tenant(long number) {
        return TENANTS[(int) number & 3];
    }

    static Integer millis(long number) {
        return MILLIS[(int) number & VARIANTS - 1];
    }

    static Double total(long number) {
        return TOTALS[(int) number & VARIANTS - 1];
    }
}
