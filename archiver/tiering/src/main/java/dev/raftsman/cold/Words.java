package dev.raftsman.cold;

/** What each byte is to the splitting of text: runs of letters and digits are words, and some words vary. */
final class Words {
    static final byte OTHER = 0;
    static final byte DIGIT = 1;
    static final byte LOWER_HEX = 2;
    static final byte UPPER_HEX = 4;
    static final byte LOWER = 8;
    static final byte UPPER = 16;

    /** Ends a line, or cannot be in a template: negative, so that one comparison finds both. */
    static final byte NEWLINE = -1;

    static final byte RESERVED = -2;

    /** Stands in a template where a variable was; a line that has this byte itself is stored as it is. */
    static final byte SLOT = 0x11;

    /** Ends a template whose line goes on in the next one; the same of lines that have it. */
    static final byte CONTINUES = 0x12;

    static final int LETTERS_OF_HEX = LOWER_HEX | UPPER_HEX;
    static final int NOT_HEX = LOWER | UPPER;

    /** Only in columns: a byte that is no letter and no digit. */
    static final byte NO_WORD = 32;

    private static final int MIN_HEX = 4;

    static final byte[] KINDS = kinds();

    /** The same where every byte is something. */
    static final byte[] COLUMN_KINDS = columnKinds();

    private Words() {}

    private static byte[] columnKinds() {
        byte[] kinds = KINDS.clone();
        for (int c = 0; c < kinds.length; c++) {
            kinds[c] = kinds[c] <= OTHER ? NO_WORD : kinds[c];
        }
        return kinds;
    }

    private static byte[] kinds() {
        byte[] kinds = new byte[256];
        for (int c = '0'; c <= '9'; c++) {
            kinds[c] = DIGIT;
        }
        for (int c = 'a'; c <= 'z'; c++) {
            kinds[c] = c <= 'f' ? LOWER_HEX : LOWER;
            kinds[c - 'a' + 'A'] = c <= 'f' ? UPPER_HEX : UPPER;
        }
        kinds['\n'] = NEWLINE;
        kinds[SLOT] = RESERVED;
        kinds[CONTINUES] = RESERVED;
        return kinds;
    }

    /** @param seen all kinds in the word, or-ed */
    static boolean varies(int seen, int length) {
        return (seen & DIGIT) != 0 || (seen & NOT_HEX) == 0 && length >= MIN_HEX;
    }
}
