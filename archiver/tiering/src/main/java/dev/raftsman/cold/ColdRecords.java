package dev.raftsman.cold;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.block.Block;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.block.PlainBlock;

/** The records of one cold block, as they were before. Immutable; memory: the blocks, plain. */
public final class ColdRecords {
    private final byte[] bytes;
    private final Block[] blocks;
    private final RecordFields fields;

    private ColdRecords(byte[] bytes, Block[] blocks, RecordFields fields) {
        this.bytes = bytes;
        this.blocks = blocks;
        this.fields = fields;
    }

    /**
     * @param plainBytes that it must inflate to
     * @throws DamageException if it is no cold block of so many bytes
     */
    static ColdRecords decode(byte[] packed, int from, int end, int plainBytes, ZstdDecompressCtx zstd) {
        try {
            ColumnReader columns = ColumnReader.open(packed, from, end, BlockEncoder.mostLaneBytes(plainBytes), zstd);
            return new Decoding(columns, plainBytes).run();
        } catch (IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException e) {
            throw new DamageException("columns do not fit together: " + e.getMessage(), e);
        }
    }

    public int count() {
        return blocks.length;
    }

    /** @return which of the object's segments the record is of */
    public int segment(int record) {
        return (int) fields.get(RecordFields.SEGMENT, record);
    }

    public long raftIndex(int record) {
        return fields.get(RecordFields.RAFT_INDEX, record);
    }

    public long epoch(int record) {
        return fields.get(RecordFields.EPOCH, record);
    }

    public long stampMillis(int record) {
        return fields.get(RecordFields.STAMP, record);
    }

    /** Of the block as the segment had it, compressed by whoever made it. */
    int originalCrc(int record) {
        return (int) fields.get(RecordFields.CRC, record);
    }

    /** The block with its columns plain, a view of these records' bytes. */
    public Block block(int record) {
        return blocks[record];
    }

    /** Bytes held. */
    public int bytes() {
        return bytes.length;
    }

    /** The steps of decoding one block. */
    private static final class Decoding {
        private final ColumnReader columns;
        private final RecordFields fields = new RecordFields();
        private final byte[] out;
        private final int plainBytes;
        private long[][] eventLengths;
        private long[] times;
        private int eventRecord;
        private int timesRead;

        Decoding(ColumnReader columns, int plainBytes) {
            this.columns = columns;
            this.plainBytes = plainBytes;
            this.out = new byte[plainBytes + BlockEncoder.SLACK];
        }

        ColdRecords run() {
            LaneReader meta = columns.meta();
            fields.read(columns, meta);
            int[] offsets = layOut();
            readEvents(meta);
            TextDecoder text = new TextDecoder(columns);
            LaneReader opaque = columns.lane(Lanes.OPAQUE);
            for (int i = 0; i < offsets.length; i++) {
                int from = offsets[i] + Block.HEADER_BYTES;
                int end = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
                int mode = (int) fields.get(RecordFields.MODE, i);
                int prefixEnd = mode == BlockEncoder.OPAQUE ? end : from + (int) fields.get(RecordFields.PREFIX, i);
                int length = prefixEnd - from;
                System.arraycopy(opaque.bytes, opaque.skip(length), out, from, length);
                if (mode == BlockEncoder.LINES) {
                    text.piece(out, prefixEnd, end);
                } else if (mode == BlockEncoder.EVENTS) {
                    event(text, i, prefixEnd, end);
                }
            }
            columns.requireEnd();
            if (times != null && timesRead != times.length) {
                throw new DamageException(times.length - timesRead + " times left");
            }
            return sealed(offsets);
        }

        private ColdRecords sealed(int[] offsets) {
            Block[] blocks = new Block[offsets.length];
            long[] header = new long[PlainBlock.FIELDS];
            try {
                for (int i = 0; i < offsets.length; i++) {
                    fields.blockFields(i, header);
                    int columnBytes = (int) fields.get(RecordFields.COLUMN_BYTES, i);
                    blocks[i] = PlainBlock.seal(out, offsets[i], columnBytes, header);
                }
            } catch (CorruptBlockException | IllegalArgumentException e) {
                throw new DamageException(String.valueOf(e.getMessage()), e);
            }
            return new ColdRecords(out, blocks, fields);
        }

        private int[] layOut() {
            int[] offsets = new int[fields.count()];
            long at = 0;
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] = (int) at;
                long bytes = fields.get(RecordFields.COLUMN_BYTES, i);
                long prefix = fields.get(RecordFields.PREFIX, i);
                long mode = fields.get(RecordFields.MODE, i);
                if (bytes < 0 || bytes > Block.MAX_INFLATED_BYTES || prefix < 0 || prefix > bytes) {
                    throw new DamageException("record " + i + " of " + bytes + " bytes with labels of " + prefix);
                }
                if (mode < BlockEncoder.OPAQUE || mode > BlockEncoder.EVENTS) {
                    throw new DamageException("record " + i + " stored as " + mode);
                }
                at += Block.HEADER_BYTES + bytes;
                if (at > plainBytes) {
                    throw new DamageException("records of more than " + plainBytes + " bytes");
                }
            }
            if (at != plainBytes) {
                throw new DamageException("records of " + at + " bytes; expected " + plainBytes);
            }
            return offsets;
        }

        private void readEvents(LaneReader meta) {
            int records = 0;
            long events = 0;
            for (int i = 0; i < fields.count(); i++) {
                if (fields.get(RecordFields.MODE, i) == BlockEncoder.EVENTS) {
                    records++;
                    long count = fields.get(RecordFields.BLOCK + PlainBlock.COUNT, i);
                    if (count < 1 || count > fields.get(RecordFields.COLUMN_BYTES, i)) {
                        throw new DamageException("record " + i + " of " + count + " events");
                    }
                    events += count;
                }
            }
            if (events > BlockEncoder.MAX_EVENTS) {
                throw new DamageException(events + " events; expected at most " + BlockEncoder.MAX_EVENTS);
            }
            if (records == 0) {
                return;
            }
            eventLengths = new long[EventColumns.COUNT][];
            for (int i = 0; i < EventColumns.COUNT; i++) {
                eventLengths[i] = columns.numbers(records);
            }
            if (meta.u8() != 0) {
                times = columns.numbers((int) events);
            }
        }

        private void event(TextDecoder text, int record, int from, int end) {
            int at = from + EventColumns.LENGTHS_BYTES;
            long total = EventColumns.LENGTHS_BYTES;
            for (int i = 0; i < EventColumns.COUNT; i++) {
                long length = eventLengths[i][eventRecord];
                if (length < 0 || length > end - from) {
                    throw new DamageException("column " + i + " of " + length + " bytes");
                }
                total += length;
            }
            if (total != end - from) {
                throw new DamageException("columns of " + total + " bytes; expected " + (end - from));
            }
            int lengthsAt = 0;
            for (int i = 0; i < EventColumns.TEXTS; i++) {
                int length = (int) eventLengths[i][eventRecord];
                if (i == EventColumns.TIMES && times != null) {
                    putTimes(at, at + length, (int) fields.get(RecordFields.BLOCK + PlainBlock.COUNT, record));
                } else {
                    LaneReader lane = columns.lane(Lanes.EVENTS + i);
                    System.arraycopy(lane.bytes, lane.skip(length), out, at, length);
                }
                if (i == EventColumns.LENGTHS) {
                    lengthsAt = at;
                }
                at += length;
            }
            LaneReader pieces = new LaneReader(out, lengthsAt, at);
            while (pieces.at < pieces.end) {
                int length = pieces.varint(end - at);
                text.piece(out, at, at + length);
                at += length;
            }
            if (at != end) {
                throw new DamageException(end - at + " bytes of texts left");
            }
            for (int i = 0; i < EventColumns.COUNT; i++) {
                putI32(from + i * 4, (int) eventLengths[i][eventRecord]);
            }
            eventRecord++;
        }

        private void putTimes(int from, int end, int count) {
            long time = times[timesRead++];
            int at = from;
            for (int i = 0; i < Long.BYTES; i++) {
                out[at++] = (byte) (time >>> i * 8);
            }
            for (int i = 1; i < count; i++) {
                long delta = times[timesRead] - time;
                time = times[timesRead++];
                long rest = delta << 1 ^ delta >> 63;
                while ((rest & ~0x7FL) != 0) {
                    out[at++] = (byte) (rest & 0x7F | 0x80);
                    rest >>>= 7;
                }
                out[at++] = (byte) rest;
            }
            if (at != end) {
                throw new DamageException("times end at " + at + "; expected " + end);
            }
        }

        private void putI32(int at, int value) {
            for (int i = 0; i < 4; i++) {
                out[at + i] = (byte) (value >>> i * 8);
            }
        }
    }
}
