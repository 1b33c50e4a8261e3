package dev.raftsman.policy;

/**
 * What this archiver carries out of what can be written in {@code retention.yaml}. A key that nothing would act on is
 * refused when the file is read, never silently accepted.
 *
 * @param merging several segments in one object
 * @param coldFormat recoding into columns
 * @param delta the copy in a Delta table
 * @param objectLock locks and legal holds in S3
 */
public record Capabilities(boolean merging, boolean coldFormat, boolean delta, boolean objectLock) {
    /** Of this build. */
    public static final Capabilities HERE = new Capabilities(true, true, true, true);
}
