package dev.raftsman.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a certificate or key is said at its key in the configuration, before anything starts. */
class TlsFilesTest {
    private static final String FULL = "tls: {certificate: 'own.pem', key: 'own.key', trust: 'ca.pem'}\n";

    @TempDir
    Path directory;

    @BeforeEach
    void certify() throws Exception {
        new TestCa(directory, "ca").certify("own", UnaryOperator.identity());
    }

    private TlsFiles read(String yaml) throws ConfigException {
        String absolute = yaml.replaceAll("'([^']+)'", "'" + directory + "/$1'");
        return ConfigFile.read("some.yaml", ("version: 1\n" + absolute).getBytes(StandardCharsets.UTF_8), root -> {
            root.integer("version", 1, 1, 1, "format");
            return TlsFiles.read(
                    root.section("tls", "TLS"), root.has("tls"), "shown", false, "secret", "believed", true);
        });
    }

    @Test
    void isOffWhenLeftOut() throws ConfigException {
        assertThat(read("")).isNull();
    }

    @Test
    void takesTrustAlone() throws ConfigException {
        assertThat(read("tls: {trust: 'ca.pem'}\n")).isEqualTo(new TlsFiles(null, null, directory.resolve("ca.pem")));
    }

    @Test
    void readsAllThree() throws Exception {
        TlsMaterial material = TlsMaterial.load(read(FULL));
        assertThat(material.chain()).hasSize(1);
        assertThat(material.trusted()).hasSize(1);
        assertThat(material.describe()).contains("CN=own");
        assertThat(material.invalidity()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void takesEveryKindOfKey(UnaryOperator<io.netty.pkitesting.CertificateBuilder> kind) throws Exception {
        TlsFiles files = new TestCa(directory.resolve("kinds"), "ca").certify("own", kind);
        assertThat(TlsMaterial.load(files).key()).isNotNull();
    }

    static Stream<UnaryOperator<io.netty.pkitesting.CertificateBuilder>> takesEveryKindOfKey() {
        return Stream.of(
                io.netty.pkitesting.CertificateBuilder::ecp256,
                io.netty.pkitesting.CertificateBuilder::rsa2048,
                b -> b.algorithm(io.netty.pkitesting.CertificateBuilder.Algorithm.ed25519));
    }

    /** What is done to the files, the configuration, and what is said. */
    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("nothing in it", none(), "tls: {}\n", "some.yaml:\\d+:\\d+ tls.trust: is missing"),
                Arguments.of(
                        "certificate without key",
                        none(),
                        "tls: {certificate: 'own.pem', trust: 'ca.pem'}\n",
                        "tls.key: is missing; expected the path of a PEM file"),
                Arguments.of(
                        "key without certificate",
                        none(),
                        "tls: {key: 'own.key', trust: 'ca.pem'}\n",
                        "tls.certificate: is missing"),
                Arguments.of(
                        "key for all to read",
                        change(d -> Files.setPosixFilePermissions(
                                d.resolve("own.key"), PosixFilePermissions.fromString("rw-r--r--"))),
                        FULL,
                        "some.yaml:2:\\d+ tls.key: /.*/own.key has mode 0644: .*chmod 600 /.*/own.key"),
                Arguments.of(
                        "key for the group to read",
                        change(d -> Files.setPosixFilePermissions(
                                d.resolve("own.key"), PosixFilePermissions.fromString("rw-r-----"))),
                        FULL,
                        "own.key has mode 0640"),
                Arguments.of(
                        "no such file",
                        change(d -> Files.delete(d.resolve("ca.pem"))),
                        FULL,
                        "tls.trust: /.*/ca.pem is not there; expected a readable PEM file"),
                Arguments.of(
                        "a key where a certificate should be",
                        change(d -> Files.copy(
                                d.resolve("own.key"),
                                d.resolve("own.pem"),
                                java.nio.file.StandardCopyOption.REPLACE_EXISTING)),
                        FULL,
                        "tls.certificate: /.*/own.pem holds no certificate; expected PEM"),
                Arguments.of(
                        "certificate cut short",
                        change(d -> cut(d.resolve("own.pem"))),
                        FULL,
                        "own.pem has a certificate 1 without its end; expected -----END CERTIFICATE-----"),
                Arguments.of(
                        "certificate of other bytes",
                        change(d -> replace(d.resolve("own.pem"), "MII", "AAA")),
                        FULL,
                        "own.pem has a certificate 1 that is malformed"),
                Arguments.of(
                        "no base64",
                        change(d -> replace(d.resolve("own.pem"), "MII", "?II")),
                        FULL,
                        "own.pem has a certificate 1 that is no base64"),
                Arguments.of(
                        "key of other bytes",
                        change(d -> replace(d.resolve("own.key"), "\nM", "\nA")),
                        FULL,
                        "own.key has a private key that is malformed or of an unknown kind"),
                Arguments.of(
                        "traditional key",
                        change(d -> replaceAll(d.resolve("own.key"), "PRIVATE KEY", "EC PRIVATE KEY")),
                        FULL,
                        "own.key holds 'EC PRIVATE KEY'.*openssl pkcs8 -topk8 -nocrypt -in /.*own.key"),
                Arguments.of(
                        "key of another certificate",
                        change(d -> {
                            new TestCa(d.resolve("other"), "ca").certify("own", UnaryOperator.identity());
                            Files.copy(
                                    d.resolve("other/own.key"),
                                    d.resolve("own.key"),
                                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                            Files.setPosixFilePermissions(
                                    d.resolve("own.key"), PosixFilePermissions.fromString("rw-------"));
                        }),
                        FULL,
                        "tls.key: /.*/own.key is not the key of /.*/own.pem"));
    }

    @FunctionalInterface
    interface Change {
        void in(Path directory) throws Exception;
    }

    private static Change none() {
        return directory -> {};
    }

    private static Change change(Change change) {
        return change;
    }

    private static void cut(Path file) throws Exception {
        String text = Files.readString(file);
        Files.writeString(file, text.substring(0, text.length() / 2));
    }

    private static void replace(Path file, String first, String by) throws Exception {
        String text = Files.readString(file);
        assertThat(text).contains(first);
        Files.writeString(file, text.replaceFirst(first, java.util.regex.Matcher.quoteReplacement(by)));
    }

    private static void replaceAll(Path file, String what, String by) throws Exception {
        Files.writeString(file, Files.readString(file).replace(what, by));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void wrong(String name, Change change, String yaml, String said) throws Exception {
        change.in(directory);
        assertThatThrownBy(() -> read(yaml))
                .as(name)
                .isInstanceOf(ConfigException.class)
                .message()
                .containsPattern(said);
    }

    @Test
    void saysAllThatIsWrongAtOnceAndShowsNoKey() throws Exception {
        Files.delete(directory.resolve("ca.pem"));
        String key = Files.readString(directory.resolve("own.key"));
        Files.setPosixFilePermissions(directory.resolve("own.key"), PosixFilePermissions.fromString("rw-rw-rw-"));
        cut(directory.resolve("own.pem"));
        assertThatThrownBy(() -> read(FULL)).message().satisfies(message -> {
            assertThat(message.lines().toList()).hasSize(3);
            List<String> body =
                    key.lines().filter(line -> !line.startsWith("-")).toList();
            assertThat(message).doesNotContain(body);
        });
    }
}
