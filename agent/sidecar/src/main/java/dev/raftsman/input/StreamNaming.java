package dev.raftsman.input;

import dev.raftsman.event.Names;
import java.nio.file.Path;

/**
 * Which stream a file feeds: {@code {name}} stands for the file's name, {@code {path}} for its whole path. What a
 * stream's name may not hold becomes {@code _}.
 */
public record StreamNaming(String pattern) {
    public static final StreamNaming BY_NAME = new StreamNaming("{name}");

    public StreamNaming {
        String rest = pattern.replace("{name}", "").replace("{path}", "");
        if (pattern.isEmpty() || rest.indexOf('{') >= 0 || rest.indexOf('}') >= 0) {
            throw new IllegalArgumentException(
                    "stream pattern '" + pattern + "'; expected a name, with {name} or {path} for parts of the file's");
        }
    }

    String streamOf(Path file) {
        return Names.closest(
                pattern.replace("{name}", String.valueOf(file.getFileName())).replace("{path}", file.toString()));
    }
}
