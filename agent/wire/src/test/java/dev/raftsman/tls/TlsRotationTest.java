package dev.raftsman.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files change under a process that runs; time is moved by hand. */
class TlsRotationTest {
    private static final long LOOK = TlsRotation.LOOK_NANOS;

    @TempDir
    Path directory;

    private final List<String> said = new ArrayList<>();
    private TestCa ca;
    private TlsFiles files;
    private long now;

    @BeforeEach
    void certify() throws Exception {
        ca = new TestCa(directory, "ca");
        files = ca.certify("own", b -> b.subject("CN=first"));
    }

    private TlsRotation<String> open() throws Exception {
        return TlsRotation.open(
                files,
                TlsMaterial::describe,
                new TlsRotation.Listener() {
                    @Override
                    public void takenUp(TlsMaterial material) {
                        said.add("taken up");
                    }

                    @Override
                    public void kept(String reason) {
                        said.add(reason);
                    }
                },
                now);
    }

    @Test
    void takesUpChangedFiles() throws Exception {
        TlsRotation<String> rotation = open();
        assertThat(rotation.current()).contains("CN=first");
        assertThat(rotation.status())
                .isEqualTo(new TlsStatus(
                        TlsMaterial.load(files)
                                .chain()
                                .get(0)
                                .getNotAfter()
                                .toInstant()
                                .toEpochMilli(),
                        false));
        ca.certify("own", b -> b.subject("CN=second"));
        rotation.step(LOOK - 1);
        assertThat(rotation.current()).contains("CN=first");
        rotation.step(LOOK);
        assertThat(rotation.current()).contains("CN=second");
        rotation.step(2 * LOOK);
        assertThat(said).containsExactly("taken up", "taken up");
    }

    @Test
    void keepsWhatWasThereWhenTheNewIsBrokenAndSaysSoOnce() throws Exception {
        TlsRotation<String> rotation = open();
        Files.writeString(files.certificate(), "rubbish");
        for (int look = 1; look < 5; look++) {
            rotation.step(look * LOOK);
        }
        assertThat(rotation.current()).contains("CN=first");
        assertThat(rotation.status().filesUnusable()).isTrue();
        assertThat(said).hasSize(2).last().asString().contains(files.certificate() + " holds no certificate");
        ca.certify("own", b -> b.subject("CN=second"));
        rotation.step(5 * LOOK);
        assertThat(rotation.current()).contains("CN=second");
        assertThat(rotation.status().filesUnusable()).isFalse();
        assertThat(said).hasSize(3);
    }

    @Test
    void takesUpAKeyWhoseModeWasMendedAfterIt() throws Exception {
        TlsRotation<String> rotation = open();
        ca.certify("own", b -> b.subject("CN=second"));
        var mode = Files.getPosixFilePermissions(files.key());
        Files.setPosixFilePermissions(
                files.key(), java.util.Set.of(java.nio.file.attribute.PosixFilePermission.values()));
        rotation.step(LOOK);
        rotation.step(2 * LOOK);
        assertThat(said).last().asString().contains("mode 0777");
        Files.setPosixFilePermissions(files.key(), mode); // its time of change stays
        rotation.step(3 * LOOK);
        assertThat(rotation.current()).contains("CN=second");
    }

    @Test
    void saysNothingOfTheMomentBetweenCertificateAndKey() throws Exception {
        TlsRotation<String> rotation = open();
        TestCa other = new TestCa(directory.resolve("other"), "ca");
        TlsFiles next = other.certify("own", b -> b.subject("CN=second"));
        Files.copy(next.certificate(), files.certificate(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        rotation.look(1);
        rotation.look(LOOK); // a connection is made: too soon to complain
        assertThat(rotation.current()).contains("CN=first");
        Files.move(next.key(), files.key(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        rotation.look(LOOK + 1);
        assertThat(rotation.current()).contains("CN=second");
        assertThat(said).containsExactly("taken up", "taken up");
    }

    @Test
    void doesNotOpenWithFilesThatCannotBeUsed() throws Exception {
        files = new TlsFiles(files.certificate(), files.key(), directory.resolve("absent.pem"));
        assertThatThrownBy(this::open)
                .isInstanceOf(TlsFileException.class)
                .hasMessageContaining("absent.pem is not there");
        assertThat(said).isEmpty();
    }
}
