package dev.raftsman.cold;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.util.ArrayList;
import java.util.List;

/**
 * The lanes of one cold block while it is built: some fixed ones, and one for each long column, so that each is
 * compressed with tables of its own. One thread.
 */
final class Lanes implements AutoCloseable {
    /** Fields of records, as numbers. */
    static final int META = 0;
    /** Columns too short for a lane of their own. */
    static final int SMALL = 1;
    /** Labels, and records stored as they are. */
    static final int OPAQUE = 2;

    static final int TEMPLATES = 3;
    static final int TEMPLATE_IDS = 4;
    static final int TEXT = 5;
    static final int PLAIN = 6;
    static final int EVENTS = 7;
    static final int FIXED = EVENTS + 12;

    /** A column of so many bytes has a lane of its own. */
    static final int OWN_BYTES = 1 << 10;

    private static final int TRY_BYTES = 24;

    private static final long MAX_KEPT_BYTES = 32 << 20;

    /** Lanes of text up to this are compressed harder: they are where it pays, and mostly the smaller part. */
    private static final int TEXT_BYTES = 1 << 20;

    private static final int TEXT_LEVEL = 9;

    /** A block that is far from full is the last of its object: it costs little, however hard it is compressed. */
    private static final int PARTIAL_LEVEL = 12;

    private static final int SMALL_BYTES = 1 << 18;
    private static final int SMALL_LEVEL = 15;

    private final ZstdCompressCtx zstd;
    private final int level;
    private final List<Lane> lanes = new ArrayList<>();
    private int used;
    private byte[] packed = new byte[1 << 16];

    Lanes(int level) {
        this.level = level;
        zstd = new ZstdCompressCtx().setLevel(level).setChecksum(false).setContentSize(true);
        for (int i = 0; i < FIXED; i++) {
            lanes.add(new Lane(1 << 10));
            lanes.get(i).text = i != SMALL;
        }
        used = FIXED;
    }

    Lane get(int lane) {
        return lanes.get(lane);
    }

    /** The next lane of a column's own. */
    private Lane next() {
        if (used == lanes.size()) {
            lanes.add(new Lane(OWN_BYTES));
        }
        Lane lane = lanes.get(used++);
        lane.clear();
        return lane;
    }

    /** Where a column of so many bytes goes. */
    Lane forColumn(int bytes) {
        if (bytes < OWN_BYTES) {
            return lanes.get(SMALL);
        }
        Lane lane = next();
        lane.text = false;
        return lane;
    }

    /**
     * Where text of so many bytes goes.
     *
     * @param words whether it is more than digits
     */
    Lane forText(int bytes, boolean words) {
        if (bytes < OWN_BYTES) {
            return lanes.get(TEXT);
        }
        Lane lane = next();
        lane.text = words;
        return lane;
    }

    /** Bytes of all lanes. */
    long length() {
        long length = 0;
        for (int i = 0; i < used; i++) {
            length += lanes.get(i).length;
        }
        return length;
    }

    void clear() {
        long kept = 0;
        for (int i = 0; i < lanes.size(); i++) {
            lanes.get(i).clear();
            kept += lanes.get(i).bytes.length;
        }
        used = FIXED;
        if (kept > MAX_KEPT_BYTES) { // Each lane has the length of the longest column that ever was in its place.
            lanes.subList(FIXED, lanes.size()).clear();
        }
    }

    /**
     * Writes the directory and the lanes, each compressed if that makes it shorter.
     *
     * @param partial whether the block is far from full
     */
    void pack(Lane out, Lane scratch, boolean partial) {
        scratch.clear();
        int least = !partial ? level : length() <= SMALL_BYTES ? SMALL_LEVEL : PARTIAL_LEVEL;
        out.varint(used);
        for (int i = 0; i < used; i++) {
            Lane lane = lanes.get(i);
            int stored = lane.length;
            int from = scratch.length;
            if (lane.length >= TRY_BYTES) {
                int bound = (int) Zstd.compressBound(lane.length);
                if (packed.length < bound) {
                    packed = new byte[bound + (bound >> 2)];
                }
                int fitting = lane.text && lane.length <= TEXT_BYTES ? TEXT_LEVEL : level;
                zstd.setLevel(Math.max(least, fitting));
                int got = zstd.compressByteArray(packed, 0, packed.length, lane.bytes, 0, lane.length);
                if (got < lane.length - (lane.length >> 6)) {
                    stored = got;
                    scratch.append(packed, 0, got);
                }
            }
            if (scratch.length == from) {
                scratch.append(lane.bytes, 0, lane.length);
            }
            out.varint(lane.length);
            out.varint(stored);
        }
        out.append(scratch.bytes, 0, scratch.length);
    }

    @Override
    public void close() {
        zstd.close();
    }
}
