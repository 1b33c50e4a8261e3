package dev.raftsman.event;

import java.util.regex.Pattern;

/**
 * Which names tenants, producers and streams may have. A name never becomes a path as it is: directories are numbered,
 * or made by {@link #asFileName}.
 */
public final class Names {
    /** Longest producer or stream name, in characters. */
    public static final int MAX_LENGTH = 200;

    private static final Pattern TENANT = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_/][A-Za-z0-9._:/@+=-]{0," + (MAX_LENGTH - 1) + "}");

    private Names() {}

    /** @return the tenant, checked */
    public static String tenant(String tenant) {
        if (!TENANT.matcher(tenant).matches()) {
            throw new IllegalArgumentException("tenant '" + printable(tenant)
                    + "'; expected 1 to 63 characters of a-z, 0-9 and -, not beginning with -");
        }
        return tenant;
    }

    /** @return the producer's or stream's name, checked */
    public static String name(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name '" + printable(name) + "'; expected 1 to " + MAX_LENGTH
                    + " characters of A-Z a-z 0-9 . _ : / @ + = -, beginning with a letter, digit, _ or /");
        }
        return name;
    }

    /** The nearest legal stream name to any text, for example to a file's name: what is not allowed becomes {@code _}. */
    public static String closest(String text) {
        StringBuilder legal = new StringBuilder(Math.min(text.length(), MAX_LENGTH));
        for (int i = 0; i < text.length() && legal.length() < MAX_LENGTH; i++) {
            char c = text.charAt(i);
            boolean letter =
                    c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '/';
            legal.append(letter || i > 0 && "._:/@+=-".indexOf(c) >= 0 ? c : '_');
        }
        return legal.isEmpty() ? "_" : legal.toString();
    }

    /** One path component that differs for different names: every character outside {@code [A-Za-z0-9_-]} is escaped. */
    public static String asFileName(String name) {
        StringBuilder safe = new StringBuilder(name.length() + 8);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain =
                    c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-';
            boolean dot = c == '.' && i > 0;
            if (plain || dot) {
                safe.append(c);
            } else {
                safe.append('%').append(String.format("%02X", (int) c));
            }
        }
        return safe.toString();
    }

    private static String printable(String text) {
        String cut = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
