package dev.raftsman.load;

import dev.raftsman.block.Lines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Goes through the whole lines of a mapped file, again and again, a cut at a time. One thread. */
public final class LineCursor {
    private final ByteBuffer file;
    private final int end;
    private int at;
    private int from;
    private int lines;

    private LineCursor(ByteBuffer file, int end, int at) {
        this.file = file;
        this.end = end;
        this.at = at;
    }

    /**
     * Maps a file and puts cursors into it, as far from each other as can be.
     *
     * @param file as many of its first bytes are used as fit into one mapping, without a last line that is not whole
     */
    public static LineCursor[] open(Path file, int cursors) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long bytes = Math.min(channel.size(), 1L << 30);
            ByteBuffer map =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
            int end = Lines.endOfLast(map, 0, (int) bytes);
            if (end == 0) {
                throw new IOException(file + ": no whole line in its first " + bytes + " bytes");
            }
            LineCursor[] all = new LineCursor[cursors];
            for (int i = 0; i < cursors; i++) {
                int share = (int) ((long) end * i / cursors);
                int at = i == 0 ? 0 : Lines.next(map, share, end) + 1;
                all[i] = new LineCursor(map.duplicate().order(ByteOrder.LITTLE_ENDIAN), end, at >= end ? 0 : at);
            }
            return all;
        }
    }

    /** Cuts as many whole lines as fit into so many bytes; always one, and never beyond the file's end. */
    public void cutBytes(int mostBytes) {
        begin();
        int most = (int) Math.min(end, (long) from + mostBytes);
        int to = Lines.endOfLast(file, from, most);
        if (to == from) {
            cutLines(1, mostBytes);
            return;
        }
        lines = Lines.count(file, from, to);
        at = to;
    }

    /** Cuts so many lines, or fewer where the file ends or they would be longer than that together; always one. */
    public void cutLines(int mostLines, int mostBytes) {
        begin();
        lines = 0;
        while (lines < mostLines && at < end) {
            int next = Lines.next(file, at, end) + 1;
            if (lines > 0 && next - from > mostBytes) {
                break;
            }
            at = next;
            lines++;
        }
    }

    private void begin() {
        if (at >= end) {
            at = 0;
        }
        from = at;
    }

    /** Where the last cut begins. */
    public int from() {
        return from;
    }

    /** Bytes of the last cut, newlines included. */
    public int bytes() {
        return at - from;
    }

    /** Lines of the last cut. */
    public int lines() {
        return lines;
    }

    /** A part of the file, direct, in a view of its own. */
    public ByteBuffer view(int offset, int bytes) {
        return file.slice(offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
