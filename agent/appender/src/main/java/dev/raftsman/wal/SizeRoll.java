package dev.raftsman.wal;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import net.openhft.chronicle.core.time.TimeProvider;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.rollcycles.RollCycleArithmetic;

/**
 * Rolls the queue by size. The queue knows only clocks, so it gets one that shows the number of the file as seconds since
 * 1970 and moves when the writer says so: file 7 is {@code 19700101-000007.cq4}. Every excerpt is indexed: excerpts are
 * batches, so an index entry is cheap. Written by the writer's thread, read by it.
 */
final class SizeRoll implements RollCycle, TimeProvider {
    static final String FORMAT = "yyyyMMdd-HHmmss";
    static final String SUFFIX = ".cq4";
    static final int POSITION_SHIFT = 32;

    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern(FORMAT);
    private static final int INDEX_COUNT = 1024;
    private static final int CYCLE_MILLIS = 1000;
    private static final RollCycleArithmetic ARITHMETIC = RollCycleArithmetic.of(INDEX_COUNT, 1);

    private int cycle;

    int cycle() {
        return cycle;
    }

    void roll() {
        cycle++;
    }

    /** The file of a cycle. */
    static String fileName(int cycle) {
        return NAME.format(LocalDateTime.ofEpochSecond(cycle, 0, ZoneOffset.UTC)) + SUFFIX;
    }

    /** @return the cycle of a file, or -1 if the name is not one of ours */
    static int cycleOf(Path file) {
        String name = String.valueOf(file.getFileName());
        if (!name.endsWith(SUFFIX)) {
            return -1;
        }
        try {
            Instant instant = LocalDateTime.parse(name.substring(0, name.length() - SUFFIX.length()), NAME)
                    .toInstant(ZoneOffset.UTC);
            return Math.toIntExact(instant.getEpochSecond());
        } catch (DateTimeException | ArithmeticException notOurs) {
            return -1;
        }
    }

    static long position(int cycle, long sequenceInFile) {
        return ((long) cycle << POSITION_SHIFT) + sequenceInFile;
    }

    static int cycleOf(long position) {
        return (int) (position >> POSITION_SHIFT);
    }

    @Override
    public long currentTimeMillis() {
        return (long) cycle * CYCLE_MILLIS;
    }

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public int lengthInMillis() {
        return CYCLE_MILLIS;
    }

    @Override
    public int defaultIndexCount() {
        return INDEX_COUNT;
    }

    @Override
    public int defaultIndexSpacing() {
        return 1;
    }

    @Override
    public long toIndex(int cycle, long sequenceNumber) {
        return ARITHMETIC.toIndex(cycle, sequenceNumber);
    }

    @Override
    public long toSequenceNumber(long index) {
        return ARITHMETIC.toSequenceNumber(index);
    }

    @Override
    public int toCycle(long index) {
        return ARITHMETIC.toCycle(index);
    }

    @Override
    public long maxMessagesPerCycle() {
        return ARITHMETIC.maxMessagesPerCycle();
    }
}
