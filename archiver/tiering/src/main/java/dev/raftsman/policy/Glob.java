package dev.raftsman.policy;

/**
 * A pattern of names: {@code *} stands for any run of characters, none and {@code /} included, {@code ?} for exactly one.
 * Matching takes at most pattern length times name length steps; there is nothing in it that could backtrack further.
 */
public record Glob(String pattern) {
    public static final Glob ANY = new Glob("*");

    private static final int MAX_LENGTH = 256;

    public Glob {
        if (pattern.isEmpty() || pattern.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "pattern of " + pattern.length() + " characters; expected 1 to " + MAX_LENGTH);
        }
    }

    public boolean matches(String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int resume = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = n;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++resume; // The last star takes one character more; earlier stars never need to.
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** @return whether it surely matches every name that the other matches; false where that is not plain to see */
    boolean covers(Glob other) {
        return pattern.equals("*") || pattern.equals(other.pattern);
    }

    @Override
    public String toString() {
        return pattern;
    }
}
