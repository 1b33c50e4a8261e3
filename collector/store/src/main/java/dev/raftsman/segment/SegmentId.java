package dev.raftsman.segment;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names one segment in the cluster: the same on every node, since both numbers come from the Raft log.
 *
 * @param stream number of the stream, given by the cluster, 1 or more
 * @param base Raft index of the entry that began the segment
 */
public record SegmentId(int stream, long base) implements Comparable<SegmentId> {
    /** What a segment file's name ends with. */
    public static final String FILE_SUFFIX = ".seg";

    private static final Pattern TEXT = Pattern.compile("s([1-9][0-9]{0,9})-([0-7][0-9a-f]{15})");
    private static final Pattern FILE = Pattern.compile("([0-7][0-9a-f]{15})\\.seg");

    public SegmentId {
        if (stream < 1 || base < 0) {
            throw new IllegalArgumentException("segment of stream " + stream + " with base " + base);
        }
    }

    /** @throws IllegalArgumentException if the text is no segment's name */
    @JsonCreator
    public static SegmentId parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "segment '" + text + "'; expected s<stream>-<base, 16 hexadecimal digits>");
        }
        return new SegmentId(Integer.parseInt(matcher.group(1)), HexFormat.fromHexDigitsToLong(matcher.group(2)));
    }

    /** Whether the name is one of a segment file. */
    public static boolean isFileName(String name) {
        return FILE.matcher(name).matches();
    }

    /** @throws IllegalArgumentException if the name is not one of a segment file */
    public static SegmentId ofFile(int stream, String fileName) {
        Matcher matcher = FILE.matcher(fileName);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("file '" + fileName + "'; expected 16 hexadecimal digits and .seg");
        }
        return new SegmentId(stream, HexFormat.fromHexDigitsToLong(matcher.group(1)));
    }

    /** {@code <base, 16 hexadecimal digits>.seg}. */
    public String fileName() {
        return HexFormat.of().toHexDigits(base) + FILE_SUFFIX;
    }

    /** Where the segment lies below a directory of segments: {@code <stream>/<file name>}. */
    public Path in(Path segments) {
        return segments.resolve(Integer.toString(stream)).resolve(fileName());
    }

    /** By stream, then in the order of the Raft log. */
    @Override
    public int compareTo(SegmentId other) {
        return stream != other.stream ? Integer.compare(stream, other.stream) : Long.compare(base, other.base);
    }

    @JsonValue
    @Override
    public String toString() {
        return "s" + stream + "-" + HexFormat.of().toHexDigits(base);
    }
}
