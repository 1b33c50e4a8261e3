package dev.raftsman.objects;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where an object lies below the store's own root or prefix: components of {@code [A-Za-z0-9._~=-]} joined by {@code /}.
 * The alphabet needs no escape in a URL, a shell or a file name, so one key reads the same in every client.
 *
 * @param value at most {@value #MAX_LENGTH} characters; no component is empty, longer than {@value #MAX_COMPONENT} or
 *     begins with a dot
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {
    /** S3 allows 1,024 bytes with the prefix. */
    public static final int MAX_LENGTH = 768;

    /** What common file systems allow. */
    public static final int MAX_COMPONENT = 255;

    private static final int MAX_READABLE = 160;
    private static final Pattern COMPONENT =
            Pattern.compile("[A-Za-z0-9_~-][A-Za-z0-9._~=-]{0," + (MAX_COMPONENT - 1) + "}");

    public ObjectKey {
        Objects.requireNonNull(value, "value");
        if (!isLegal(value)) {
            throw new IllegalArgumentException("object key '" + value
                    + "'; expected components of A-Z a-z 0-9 . _ ~ = -" + " joined by '/', none beginning with a dot");
        }
    }

    private static boolean isLegal(String value) {
        boolean legal = value.length() <= MAX_LENGTH;
        for (String component : value.split("/", -1)) {
            legal &= COMPONENT.matcher(component).matches();
        }
        return legal;
    }

    /** @return the key, or empty for a name that no object of ours can have, such as a stranger's file */
    public static Optional<ObjectKey> parse(String value) {
        return isLegal(value) ? Optional.of(new ObjectKey(value)) : Optional.empty();
    }

    /** @return the key of these components, each checked */
    public static ObjectKey of(String... components) {
        return new ObjectKey(String.join("/", components));
    }

    /**
     * One component for any name, different for different names: what is not allowed becomes {@code ~} and two hex digits,
     * and what would be too long for a file name ends in a digest instead.
     */
    public static String component(String name) {
        StringBuilder safe = new StringBuilder(name.length() + 16);
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-';
            if (plain || c == '.' && !safe.isEmpty()) {
                safe.append(c);
            } else {
                safe.append('~').append(String.format("%02X", (int) c));
            }
        }
        if (safe.length() > MAX_READABLE) {
            String digest = Sha256.of(name.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
            safe.setLength(MAX_READABLE);
            safe.append("~~").append(digest);
        }
        return safe.toString();
    }

    /** @return the last component */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    @Override
    public int compareTo(ObjectKey other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
