package dev.raftsman.appender;

import java.util.Optional;

/**
 * What can be configured, under the same keys in every framework: elements in {@code logback.xml}, attributes in {@code
 * log4j2.xml}, properties behind the handler's class name in {@code logging.properties}.
 */
public enum Setting {
    APP("app", "a name", null, "who logs: the producer's name; required"),
    DIRECTORY("directory", "a path", null, "shared with the agent, one of its `wal.roots`; required"),
    STREAM("stream", "a name", null, "where the events go; default: `app`"),
    TENANT("tenant", "a-z, 0-9 and -, at most 63", "default", "whose events these are"),
    WHEN_FULL(
            "whenFull",
            "block, drop",
            "block",
            "what a caller does when the ring is full: waits up to `maxBlock`, or gives the event up at once, DEBUG and"
                    + " below already when three quarters are taken; what is given up is counted and declared"),
    MAX_BLOCK("maxBlock", "duration", "5s", "how long a caller waits at most: for a slot, and again for a force"),
    SYNC("sync", "never, interval, always", "interval", "when events are forced to the disk"),
    SYNC_INTERVAL("syncInterval", "duration", "100ms", "of `sync: interval`: the longest time between two forces"),
    SYNC_LEVEL(
            "syncLevel",
            "TRACE, DEBUG, INFO, WARN, ERROR, OFF",
            "OFF",
            "the call of an event of this level or above returns when it is forced"),
    SYNC_MARKER(
            "syncMarker",
            "a marker's name",
            null,
            "the call of an event with this marker returns when it is forced; `java.util.logging` has no markers"),
    QUOTA("quota", "size", "1GiB", "most bytes of the write-ahead log on disk"),
    RESERVE("reserve", "size", "512MiB", "free space that is left on its disk whatever the quota says"),
    SLOTS("slots", "a power of two", "8192", "events the ring holds, 1 KiB of memory each"),
    CALLER_DATA("callerData", "true, false", "false", "whether to find out who called, which is slow");

    private final String key;
    private final String expected;
    private final String defaultText;
    private final String meaning;

    Setting(String key, String expected, String defaultText, String meaning) {
        this.key = key;
        this.expected = expected;
        this.defaultText = defaultText;
        this.meaning = meaning;
    }

    public String key() {
        return key;
    }

    /** What a value looks like. */
    public String expected() {
        return expected;
    }

    /** As it would be written, or empty: without a value the setting is off or derived, or it is required. */
    public Optional<String> defaultText() {
        return Optional.ofNullable(defaultText);
    }

    public String meaning() {
        return meaning;
    }

    /** The table of README. */
    public static String markdown() {
        StringBuilder table = new StringBuilder("| setting | type | default | |\n|---|---|---|---|\n");
        for (Setting setting : values()) {
            table.append("| `").append(setting.key).append("` | ").append(setting.expected);
            table.append(" | ").append(setting.defaultText == null ? "" : '`' + setting.defaultText + '`');
            table.append(" | ").append(setting.meaning).append(" |\n");
        }
        return table.toString();
    }
}
