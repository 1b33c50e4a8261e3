package dev.raftsman.input;

import java.time.Duration;
import java.util.List;

/**
 * Which files an input reads, and what is in them.
 *
 * @param paths absolute path patterns
 * @param excluded patterns of paths that are left alone
 * @param naming which stream a file feeds
 * @param fromEnd whether a file that is there when the agent starts for the first time begins at its end
 * @param ignoreOlder files that were not modified for so long are left alone until they are; null: none
 * @param discovery how often the patterns are looked up, at most
 */
public record FileInputSettings(
        List<String> paths,
        List<String> excluded,
        StreamNaming naming,
        boolean fromEnd,
        Duration ignoreOlder,
        TextSettings text,
        Duration discovery) {
    public static final Duration DEFAULT_DISCOVERY = Duration.ofMillis(500);

    public FileInputSettings {
        paths = List.copyOf(paths);
        excluded = List.copyOf(excluded);
    }

    /** All there is, from the beginning. */
    public static FileInputSettings of(List<String> paths, StreamNaming naming, TextSettings text) {
        return new FileInputSettings(paths, List.of(), naming, false, null, text, DEFAULT_DISCOVERY);
    }

    /** @throws IllegalArgumentException if this is no absolute path or pattern of paths */
    public static void checkPattern(String pattern) {
        PathGlob unused = new PathGlob(pattern);
        assert unused.toString().equals(pattern);
    }
}
