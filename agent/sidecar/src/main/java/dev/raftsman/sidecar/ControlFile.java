package dev.raftsman.sidecar;

import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * How the agent's owner is told from others who can reach its page: by a secret in a file that only the owner can read,
 * made anew at each start. In {@code agent.control}, one line: {@code pid host:port token}.
 */
record ControlFile(long pid, HostPort address, String token) {
    static final String NAME = "agent.control";

    private static final int TOKEN_BYTES = 32;

    static ControlFile of(HostPort address) {
        byte[] token = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(token);
        return new ControlFile(
                ProcessHandle.current().pid(), address, HexFormat.of().formatHex(token));
    }

    /** Private from the first moment on, and whole under its name. */
    void write(Path data) throws IOException {
        Path made = data.resolve(NAME + ".new");
        Files.deleteIfExists(made);
        Files.createFile(made, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(made, pid + " " + address + " " + token + "\n");
        Files.move(made, data.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    }

    static void delete(Path data) throws IOException {
        Files.deleteIfExists(data.resolve(NAME));
    }

    /** @return empty if there is none, or one that says nothing */
    static Optional<ControlFile> read(Path data) throws IOException {
        try {
            String[] words = Files.readString(data.resolve(NAME), StandardCharsets.UTF_8)
                    .strip()
                    .split(" ");
            return words.length == 3
                    ? Optional.of(new ControlFile(Long.parseLong(words[0]), HostPort.parse(words[1]), words[2]))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return pid + " " + address;
    }
}
