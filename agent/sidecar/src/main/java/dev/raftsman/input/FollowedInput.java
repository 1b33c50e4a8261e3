package dev.raftsman.input;

import dev.raftsman.process.EventCutter;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.Consumer;

/** An input of files at work: its settings, its patterns made ready, and what takes its lines apart. One thread. */
final class FollowedInput {
    final FileInputSettings settings;

    /** Null where lines go into blocks as they are. */
    final EventCutter cutter;

    private final List<PathGlob> globs;
    private final List<PathMatcher> named;
    private final List<PathMatcher> excluded;

    FollowedInput(FileInputSettings settings) {
        this.settings = settings;
        this.cutter = cutter(settings.text());
        this.globs = settings.paths().stream().map(PathGlob::new).toList();
        this.named = matchers(settings.paths());
        this.excluded = matchers(settings.excluded());
    }

    private static List<PathMatcher> matchers(List<String> patterns) {
        return patterns.stream()
                .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
                .toList();
    }

    /** Whether it would read a file of this name. */
    boolean names(Path path) {
        return named.stream().anyMatch(matcher -> matcher.matches(path));
    }

    /** Keeps together what takes up to half a block: the other half is room to see that it has ended. */
    static EventCutter cutter(TextSettings text) {
        return text.areLines() ? null : new EventCutter(text.container(), text.rule(), text.blockBytes() / 2);
    }

    /** Every path that is there and wanted, in no order. */
    void forEach(Consumer<Path> found) {
        for (PathGlob glob : globs) {
            glob.forEach(path -> {
                if (excluded.stream().noneMatch(matcher -> matcher.matches(path))) {
                    found.accept(path);
                }
            });
        }
    }
}
