package dev.raftsman.input;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The files a pattern such as {@code /var/log/app/*.log} names now. Each part between slashes is a glob of its own, and
 * {@code **} stands for any number of directories, so only directories that can hold a match are listed. A part that
 * holds no wildcard is taken as it is: it need not be readable as a directory listing.
 */
final class PathGlob {
    private static final int MAX_DEPTH = 32;

    private final String pattern;
    private final Path start;
    private final List<Part> parts;

    private record Part(String text, PathMatcher matcher) {
        boolean anyDirectories() {
            return text.equals("**");
        }
    }

    /** @throws IllegalArgumentException if a part is no glob, or if the pattern is not absolute */
    PathGlob(String pattern) {
        this.pattern = pattern;
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("path '" + pattern + "' is not absolute");
        }
        this.start = Path.of("/");
        this.parts = new ArrayList<>();
        for (String text : pattern.substring(1).split("/")) {
            if (!text.isEmpty()) {
                boolean wild = text.chars().anyMatch(c -> "*?[]{}\\".indexOf(c) >= 0);
                requireName(text.replaceAll("[*?]", "x"));
                parts.add(new Part(text, wild ? FileSystems.getDefault().getPathMatcher("glob:" + text) : null));
            }
        }
    }

    /** What can be no name here, for example in a locale that cannot express it, is refused with the system's words. */
    private static void requireName(String name) {
        if (Path.of(name).toString().isEmpty()) {
            throw new IllegalArgumentException("'" + name + "' is no name of a file");
        }
    }

    /** Names each match, in no order. A directory that cannot be read is left out, as a file that vanishes is. */
    void forEach(Consumer<Path> found) {
        walk(start, 0, 0, found);
    }

    private void walk(Path at, int part, int depth, Consumer<Path> found) {
        if (part == parts.size()) {
            found.accept(at);
            return;
        }
        Part next = parts.get(part);
        if (next.matcher == null) {
            Path child = at.resolve(next.text);
            if (Files.exists(child)) {
                walk(child, part + 1, depth + 1, found);
            }
            return;
        }
        if (depth > MAX_DEPTH || !Files.isDirectory(at)) {
            return;
        }
        if (next.anyDirectories()) {
            walk(at, part + 1, depth, found);
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(at)) {
            for (Path child : children) {
                if (next.anyDirectories()) {
                    // Links are not followed here: one that points upwards would never end.
                    if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                        walk(child, part, depth + 1, found);
                    }
                } else if (next.matcher.matches(child.getFileName())) {
                    walk(child, part + 1, depth + 1, found);
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // Not readable, or gone between two looks: nothing to be found in it now.
            return;
        }
    }

    @Override
    public String toString() {
        return pattern;
    }
}
