package dev.raftsman.restore;

import java.util.ArrayList;
import java.util.List;

/** Up to where a segment was handed on: the last entry, and the blocks of it. */
record ReadPosition(long raftIndex, List<BlockKey> blocks) {
    static final ReadPosition START = new ReadPosition(-1, List.of());

    private record BlockKey(long epoch, long firstSequence) {
        static BlockKey of(BlockRecord record) {
            return new BlockKey(record.epoch().epoch(), record.block().firstSequence());
        }
    }

    boolean isBehind(BlockRecord record) {
        return record.raftIndex() < raftIndex
                || record.raftIndex() == raftIndex && blocks.contains(BlockKey.of(record));
    }

    /** Where records end. */
    static ReadPosition of(List<BlockRecord> records) {
        if (records.isEmpty()) {
            return START;
        }
        long last = records.get(records.size() - 1).raftIndex();
        List<BlockKey> keys = new ArrayList<>();
        for (BlockRecord record : records) {
            if (record.raftIndex() == last) {
                keys.add(BlockKey.of(record));
            }
        }
        return new ReadPosition(last, keys);
    }

    /** An entry may lie in several pieces. */
    ReadPosition then(ReadPosition next) {
        if (next.raftIndex != raftIndex) {
            return next.raftIndex < raftIndex ? this : next;
        }
        List<BlockKey> keys = new ArrayList<>(blocks);
        keys.addAll(next.blocks);
        return new ReadPosition(raftIndex, keys);
    }
}
