package dev.raftsman.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The token that collectors ask their readers for, {@code http.token} in their configuration. */
final class AccessOption {
    private static final String VARIABLE = "RAFTSMAN_TOKEN";

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "file with the token that the collectors ask for (default: what " + VARIABLE
                    + " in the environment says, if anything)")
    private Path file;

    /** Empty without one. */
    String token() {
        if (file == null) {
            String fromEnvironment = System.getenv(VARIABLE);
            return fromEnvironment == null ? "" : fromEnvironment.strip();
        }
        try {
            String token = Files.readString(file).strip();
            if (token.isEmpty()) {
                throw new CommandException(
                        ExitCodes.NO_INPUT, "--token-file " + file + " is empty; expected the token");
            }
            return token;
        } catch (AccessDeniedException e) {
            throw new CommandException(ExitCodes.NO_PERMISSION, "--token-file " + file + ": no permission", e);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCodes.NO_INPUT, "--token-file " + file + " cannot be read; expected a file with the token", e);
        }
    }
}
