package dev.raftsman.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts environment variables and private files in the place of {@code ${env:X}} and {@code ${file:X}}. */
final class Secrets {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(env|file):([^}]*)}");

    private Secrets() {}

    /** @throws IllegalArgumentException naming what is not there, never a value */
    static String replaced(String text) {
        if (text.indexOf('$') < 0) {
            return text;
        }
        Matcher matcher = REFERENCE.matcher(text);
        StringBuilder replaced = new StringBuilder();
        while (matcher.find()) {
            String value = matcher.group(1).equals("env") ? variable(matcher.group(2)) : content(matcher.group(2));
            matcher.appendReplacement(replaced, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(replaced).toString();
    }

    private static String variable(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalArgumentException("the environment variable " + name + " is not set");
        }
        return value;
    }

    private static String content(String name) {
        Path file = Path.of(name);
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.stream().anyMatch(p -> !p.name().startsWith("OWNER"))) {
                throw new IllegalArgumentException(
                        "the file " + name + " can be read by others than its owner (chmod 600)");
            }
            return Files.readString(file).stripTrailing();
        } catch (IOException e) {
            throw new IllegalArgumentException("the file " + name + " cannot be read", e);
        }
    }
}
