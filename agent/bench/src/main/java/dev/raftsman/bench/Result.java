package dev.raftsman.bench;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What a child JVM leaves for the one that started it: a file in the set-up's directory. */
final class Result {
    private static final String FILE = "result.properties";

    private final Properties properties = new Properties();

    Result put(String name, long value) {
        return put(name, Long.toString(value));
    }

    Result put(String name, String value) {
        properties.setProperty(name, value);
        return this;
    }

    void write(Path directory) throws IOException {
        try (Writer writer = Files.newBufferedWriter(directory.resolve(FILE))) {
            properties.store(writer, null);
        }
    }

    /** @throws IllegalStateException if the child has left none */
    static Result read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            throw new IllegalStateException("left no figures");
        }
        Result result = new Result();
        try (Reader reader = Files.newBufferedReader(file)) {
            result.properties.load(reader);
        }
        return result;
    }

    long number(String name) {
        return Long.parseLong(properties.getProperty(name));
    }

    String text(String name) {
        return properties.getProperty(name, "");
    }
}
