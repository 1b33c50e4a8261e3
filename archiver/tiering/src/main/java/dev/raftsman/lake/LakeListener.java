package dev.raftsman.lake;

import dev.raftsman.segment.SegmentId;

/** Is told what was exported, on the exporter's thread; for metrics. */
public interface LakeListener {
    /** Hears nothing. */
    LakeListener NOBODY = new LakeListener() {
        @Override
        public void exported(SegmentId segment, long rows, long bytes) {}

        @Override
        public void failed(String what) {}
    };

    /**
     * A segment's events are in the table.
     *
     * @param bytes of its files
     */
    void exported(SegmentId segment, long rows, long bytes);

    /** Something failed and will be tried again. */
    void failed(String what);
}
