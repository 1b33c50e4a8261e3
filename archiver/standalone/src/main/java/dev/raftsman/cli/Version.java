package dev.raftsman.cli;

import picocli.CommandLine.IVersionProvider;

/** The version the jar was built with, and the JVM it runs on. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "raftsman " + (version == null ? "(not packaged)" : version) + ", Java "
                    + System.getProperty("java.version")
        };
    }
}
