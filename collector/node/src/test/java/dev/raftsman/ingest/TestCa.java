package dev.raftsman.ingest;

import dev.raftsman.tls.TlsFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.UnaryOperator;

/** A CA made for one test; what it certifies lies in PEM files below a directory. */
public final class TestCa {
    public static final UnaryOperator<CertificateBuilder> FOR_LOOPBACK = b -> b.addSanIpAddress("127.0.0.1");

    private final Path directory;
    private final X509Bundle root;

    /** @param name of the CA; two of one name have different keys all the same */
    public TestCa(Path directory, String name) throws Exception {
        this.directory = Files.createDirectories(directory);
        this.root = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(bundle(), root.getCertificatePEM());
    }

    public Path bundle() {
        return directory.resolve("ca.pem");
    }

    /** Writes NAME.pem and NAME.key, or replaces them. */
    public TlsFiles certify(String name, UnaryOperator<CertificateBuilder> as) throws Exception {
        X509Bundle bundle = as.apply(new CertificateBuilder().ecp256().subject("CN=" + name))
                .buildIssuedBy(root);
        Path certificateFile = Files.writeString(directory.resolve(name + ".pem"), bundle.getCertificatePathPEM());
        Path keyFile = Files.writeString(directory.resolve(name + ".key"), bundle.getPrivateKeyPEM());
        Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-------"));
        return new TlsFiles(certificateFile, keyFile, bundle());
    }
}
