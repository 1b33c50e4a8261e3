package dev.raftsman.simulation;

/** A promise that was seen broken. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param oracle O1 to O7 */
    Violation(String oracle, String what) {
        super(oracle + ": " + what);
    }
}
