package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.block.PlainBlock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a cold block says of each record besides its columns, field by field. Fields that follow from others are kept as
 * their difference, so that they are zero where all is as usual. One thread.
 */
final class RecordFields {
    static final int SEGMENT = 0;
    static final int MODE = 1;
    /** Bytes of the labels. */
    static final int PREFIX = 2;

    static final int RAFT_INDEX = 3;
    static final int EPOCH = 4;
    static final int STAMP = 5;
    static final int COLUMN_BYTES = 6;
    /** The fields of the block's header; see {@link PlainBlock}. */
    static final int BLOCK = 7;

    /** Of the block as it was. */
    static final int CRC = BLOCK + PlainBlock.FIELDS;

    static final int COUNT = CRC + 1;

    /** Records in one cold block. */
    static final int MAX_RECORDS = 1 << 16;

    private final long[][] fields = new long[COUNT][16];
    private final long[] ofBlock = new long[PlainBlock.FIELDS];
    private int count;

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    long get(int field, int record) {
        return fields[field][record];
    }

    void set(int field, int record, long value) {
        fields[field][record] = value;
    }

    void add(int segment, int mode, int prefix, long raftIndex, long epoch, long stampMillis, Block block) {
        if (count == fields[0].length) {
            for (int i = 0; i < COUNT; i++) {
                fields[i] = Arrays.copyOf(fields[i], count * 2);
            }
        }
        fields[SEGMENT][count] = segment;
        fields[MODE][count] = mode;
        fields[PREFIX][count] = prefix;
        fields[RAFT_INDEX][count] = raftIndex;
        fields[EPOCH][count] = epoch;
        fields[STAMP][count] = stampMillis;
        fields[COLUMN_BYTES][count] = PlainBlock.columnBytes(block);
        PlainBlock.fields(block, ofBlock);
        for (int i = 0; i < PlainBlock.FIELDS; i++) {
            fields[BLOCK + i][count] = ofBlock[i];
        }
        fields[CRC][count] = block.crc();
        count++;
    }

    void write(Numbers numbers, Lanes lanes) {
        Lane meta = lanes.get(Lanes.META);
        meta.varint(count);
        relate(false);
        for (long[] field : fields) {
            numbers.write(field, count, meta, lanes);
        }
        relate(true);
    }

    void read(ColumnReader columns, LaneReader meta) {
        count = meta.varint(MAX_RECORDS);
        if (count == 0) {
            throw new DamageException("a block without records");
        }
        for (int i = 0; i < COUNT; i++) {
            fields[i] = columns.numbers(count);
        }
        relate(true);
    }

    /** Takes fields to what others let expect and back. */
    private void relate(boolean back) {
        Map<Long, Long> nextOfEpoch = new HashMap<>();
        long[] first = fields[BLOCK + PlainBlock.FIRST_SEQUENCE];
        long[] raw = fields[BLOCK + PlainBlock.RAW_BYTES];
        long[] max = fields[BLOCK + PlainBlock.MAX_TIME];
        int sign = back ? 1 : -1;
        for (int i = 0; i < count; i++) {
            Long epoch = fields[EPOCH][i];
            long expected = nextOfEpoch.getOrDefault(epoch, 0L);
            long sequence = first[i] + (back ? expected : 0);
            first[i] += sign * expected;
            nextOfEpoch.put(epoch, sequence + fields[BLOCK + PlainBlock.COUNT][i]);
            raw[i] += sign * (fields[COLUMN_BYTES][i] - fields[PREFIX][i]);
            max[i] += sign * fields[BLOCK + PlainBlock.MIN_TIME][i];
        }
    }

    void blockFields(int record, long[] to) {
        for (int i = 0; i < PlainBlock.FIELDS; i++) {
            to[i] = fields[BLOCK + i][record];
        }
    }
}
