package dev.raftsman.query;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One range of bytes as a request asks for it; {@code end} is exclusive. */
record ByteRange(long start, long end) {
    private static final Pattern SYNTAX = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

    /**
     * @param header the value of {@code Range}
     * @param length of the whole
     * @return empty if it lies outside, or is not one range of bytes
     */
    static Optional<ByteRange> parse(String header, long length) {
        Matcher range = SYNTAX.matcher(header.trim());
        if (!range.matches() || range.group(1).isEmpty() && range.group(2).isEmpty()) {
            return Optional.empty();
        }
        long start;
        long end = length;
        if (range.group(1).isEmpty()) {
            start = Math.max(0, length - Long.parseLong(range.group(2)));
        } else {
            start = Long.parseLong(range.group(1));
            if (!range.group(2).isEmpty()) {
                end = Math.min(length, Long.parseLong(range.group(2)) + 1);
            }
        }
        return start < end ? Optional.of(new ByteRange(start, end)) : Optional.empty();
    }

    String contentRange(long whole) {
        return "bytes " + start + "-" + (end - 1) + "/" + whole;
    }
}
