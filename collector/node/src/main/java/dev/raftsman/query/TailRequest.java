package dev.raftsman.query;

import dev.raftsman.config.Units;
import dev.raftsman.segment.Offset;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What is asked of {@code /v1/streams/{tenant}/{stream}/events}.
 *
 * @param from the first item wanted; null: see {@code latest}
 * @param latest begin behind all that is applied, or {@code last} items before that
 * @param earliest begin with the first that is here
 * @param limit most items
 * @param patience how long without an item before the answer ends; null: as soon as there are no more
 * @param events server-sent events rather than lines
 */
record TailRequest(
        String tenant,
        String stream,
        Offset from,
        boolean earliest,
        boolean latest,
        long last,
        long limit,
        Duration patience,
        boolean events) {
    static final String PREFIX = "/v1/streams/";
    static final String SUFFIX = "/events";
    static final long MAX_LAST = 100_000;
    static final Duration MAX_WAIT = Duration.ofHours(1);

    /** A browser asks again by itself, but loses seconds by it. */
    private static final Duration EVENTS_WAIT = MAX_WAIT;

    private static final Set<String> KNOWN = Set.of("from", "limit", "wait", "last", "format");

    /**
     * @param rawPath with the prefix and the suffix
     * @param rawQuery null if there is none
     * @param accept the header; null if there is none
     * @param lastEventId the header that a browser resumes with; null if there is none
     * @throws IllegalArgumentException saying what is wrong and what was expected
     */
    static TailRequest parse(String rawPath, String rawQuery, String accept, String lastEventId) {
        String name = rawPath.substring(PREFIX.length(), rawPath.length() - SUFFIX.length());
        int slash = name.indexOf('/');
        if (slash <= 0 || slash == name.length() - 1) {
            throw new IllegalArgumentException("expected " + PREFIX + "{tenant}/{stream}" + SUFFIX);
        }
        Map<String, String> query = query(rawQuery);
        boolean events = events(query.get("format"), accept);
        String from = lastEventId != null && !lastEventId.isEmpty()
                ? Offset.parse(lastEventId).next().toString()
                : query.getOrDefault("from", "earliest");
        boolean earliest = from.equals("earliest");
        boolean latest = from.equals("latest");
        long last = number(query, "last", 0, 0, MAX_LAST);
        if (last > 0 && !latest) {
            throw new IllegalArgumentException("'last' is for from=latest");
        }
        return new TailRequest(
                decode(name.substring(0, slash)),
                decode(name.substring(slash + 1)),
                earliest || latest ? null : Offset.parse(from),
                earliest,
                latest,
                last,
                number(query, "limit", Long.MAX_VALUE, 1, Long.MAX_VALUE),
                duration(query.get("wait"), events ? EVENTS_WAIT : null),
                events);
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> values = new HashMap<>();
        for (String part : raw == null || raw.isEmpty() ? new String[0] : raw.split("&")) {
            int equals = part.indexOf('=');
            String key = decode(equals < 0 ? part : part.substring(0, equals));
            if (!KNOWN.contains(key)) {
                throw new IllegalArgumentException("'" + key + "' is not known; expected "
                        + String.join(", ", KNOWN.stream().sorted().toList()));
            }
            values.put(key, equals < 0 ? "" : decode(part.substring(equals + 1)));
        }
        return values;
    }

    private static boolean events(String format, String accept) {
        if (format == null) {
            return accept != null && accept.contains("text/event-stream");
        }
        return switch (format) {
            case "ndjson" -> false;
            case "sse" -> true;
            default -> throw new IllegalArgumentException("format '" + format + "'; expected ndjson or sse");
        };
    }

    private static long number(Map<String, String> query, String key, long fallback, long least, long most) {
        String text = query.get(key);
        if (text == null) {
            return fallback;
        }
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " '" + text + "'; expected a number", e);
        }
        throw new IllegalArgumentException(key + " '" + text + "'; expected " + least + " to " + most);
    }

    private static Duration duration(String text, Duration fallback) {
        if (text == null) {
            return fallback;
        }
        Duration wait;
        try {
            wait = Units.duration(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("wait '" + text + "'; expected " + e.getMessage(), e);
        }
        if (wait.compareTo(MAX_WAIT) > 0) {
            throw new IllegalArgumentException("wait '" + text + "'; expected at most " + MAX_WAIT.toHours() + "h");
        }
        return wait;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
