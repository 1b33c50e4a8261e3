package dev.raftsman.input;

import dev.raftsman.event.Names;
import java.util.List;
import java.util.Map;

/**
 * Which stream a file feeds: {@code {name}} stands for the file's name, {@code {path}} for its whole path, {@code
 * {namespace}}, {@code {pod}} and {@code {container}} for what the path of a container's log says. What a stream's name may
 * not hold becomes {@code _}. Where the path does not say, the file's name is the stream's.
 */
public record StreamNaming(String pattern) {
    private static final List<String> FIELDS = List.of("name", "path", "namespace", "pod", "container");

    public static final StreamNaming BY_NAME = new StreamNaming("{name}");
    public static final StreamNaming BY_CONTAINER = new StreamNaming("{namespace}/{pod}/{container}");

    public StreamNaming {
        String rest = pattern;
        for (String field : FIELDS) {
            rest = rest.replace("{" + field + "}", "");
        }
        if (pattern.isEmpty() || rest.indexOf('{') >= 0 || rest.indexOf('}') >= 0) {
            throw new IllegalArgumentException("stream pattern '" + pattern
                    + "'; expected a name, with {name}, {path}, {namespace}, {pod} or {container} for parts of the"
                    + " file's");
        }
    }

    String streamOf(SourcePath source) {
        String named = pattern;
        for (Map.Entry<String, String> field : source.fields().entrySet()) {
            named = named.replace("{" + field.getKey() + "}", field.getValue());
        }
        return Names.closest(named.indexOf('{') >= 0 ? source.fields().get("name") : named);
    }
}
