package dev.raftsman.sidecar;

/** A pattern for names: {@code *} stands for any text, {@code ?} for one character. Takes linear time for each star. */
public record Wildcard(String pattern) {
    public boolean matches(String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int tried = 0;
        while (n < name.length()) {
            char wanted = p < pattern.length() ? pattern.charAt(p) : 0;
            if (wanted == '*') {
                star = p++;
                tried = n;
            } else if (p < pattern.length() && (wanted == '?' || wanted == name.charAt(n))) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1; // the last star takes one more: an earlier one need never be asked again
                n = ++tried;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
