package dev.raftsman.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code --name value} and {@code --name}: what the bench's mains are told. The command before them explains more. */
final class Arguments {
    private final Map<String, String> values = new TreeMap<>();

    private Arguments() {}

    /** @throws IllegalArgumentException for a name that is not known, or a value without a name */
    static Arguments of(String[] args, List<String> names) {
        Arguments arguments = new Arguments();
        for (int i = 0; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        "'" + args[i] + "'; expected one of --" + String.join(", --", names));
            }
            boolean hasValue = i + 1 < args.length && !args[i + 1].startsWith("--");
            arguments.values.put(name, hasValue ? args[++i] : "");
        }
        return arguments;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    long number(String name, long otherwise) {
        return has(name) ? Long.parseLong(values.get(name)) : otherwise;
    }
}
