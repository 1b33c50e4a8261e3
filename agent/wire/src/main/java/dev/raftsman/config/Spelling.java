package dev.raftsman.config;

import java.util.List;
import java.util.Locale;

/** Guesses which known word was meant by an unknown one: the least Levenshtein distance, if it is small. */
final class Spelling {
    private Spelling() {}

    /** @return empty if nothing is near */
    static String closest(String unknown, List<String> known) {
        String closest = "";
        int least = Math.max(2, unknown.length() / 3) + 1;
        for (String word : known) {
            int distance = distance(unknown.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
            if (distance < least) {
                least = distance;
                closest = word;
            }
        }
        return closest;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
