package dev.raftsman.objects;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * Objects in one bucket of Amazon S3 or of a server that speaks its protocol and honours {@code If-None-Match}.
 *
 * <p>A put is one conditional request: S3 shows an object only when all of it has arrived. The SDK repeats a request whose
 * answer was lost; the repetition of a put that had succeeded is refused with 412, so 412 is no verdict yet: the digest
 * kept in the object's metadata (or, without it, the object itself) tells whether the bytes there are ours.
 *
 * <p>One put carries at most 5 GiB, far above a segment.
 */
public final class S3ObjectStore implements ObjectStore {
    private static final String SHA256 = "sha256";
    private static final int PRECONDITION_FAILED = 412;
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final int BAD_REQUEST = 400;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int NOT_IMPLEMENTED = 501;

    /** 409 means that another conditional put of the same key was under way: soon it is there or gone. */
    private static final int MAX_CONFLICT_TRIES = 8;

    private final S3Settings settings;
    private final S3Client client;

    private S3ObjectStore(S3Settings settings, S3Client client) {
        this.settings = settings;
        this.client = client;
    }

    /** Makes the client; nothing is sent yet. */
    public static S3ObjectStore open(S3Settings settings) {
        S3Settings.Timeouts timeouts = settings.timeouts();
        boolean required = settings.checksums() == S3Settings.Checksums.WHEN_REQUIRED;
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(settings.region()))
                .forcePathStyle(settings.pathStyle())
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(timeouts.connect())
                        .socketTimeout(timeouts.idle()))
                .requestChecksumCalculation(
                        required ? RequestChecksumCalculation.WHEN_REQUIRED : RequestChecksumCalculation.WHEN_SUPPORTED)
                .responseChecksumValidation(
                        required ? ResponseChecksumValidation.WHEN_REQUIRED : ResponseChecksumValidation.WHEN_SUPPORTED)
                .overrideConfiguration(o -> o.apiCallAttemptTimeout(timeouts.attempt())
                        .apiCallTimeout(timeouts.call())
                        .retryStrategy(RetryMode.STANDARD));
        settings.endpoint().ifPresent(builder::endpointOverride);
        settings.keys()
                .ifPresent(keys -> builder.credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey()))));
        return new S3ObjectStore(settings, builder.build());
    }

    @Override
    public String location() {
        return "s3://" + settings.bucket() + "/" + settings.prefix();
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        String md5 = sendsMd5() ? md5(file) : null;
        return put(key, RequestBody.fromFile(file), sha256, md5);
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
        String md5 = sendsMd5() ? Base64.getEncoder().encodeToString(md5().digest(content)) : null;
        return put(key, RequestBody.fromBytes(content), Sha256.of(content), md5);
    }

    private PutOutcome put(ObjectKey key, RequestBody body, String sha256, String md5) throws IOException {
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(settings.bucket())
                .key(fullKey(key))
                .ifNoneMatch("*")
                .contentType("application/octet-stream")
                .metadata(Map.of(SHA256, sha256));
        if (md5 != null) {
            request.contentMD5(md5);
        }
        if (!settings.storageClass().isEmpty()) {
            request.storageClass(settings.storageClass());
        }
        S3Settings.Encryption encryption = settings.encryption();
        if (!encryption.algorithm().isEmpty()) {
            request.serverSideEncryption(encryption.algorithm());
            if (!encryption.kmsKey().isEmpty()) {
                request.ssekmsKeyId(encryption.kmsKey());
            }
        }
        PutObjectRequest built = request.build();
        for (int tries = 1; ; tries++) {
            try {
                client.putObject(built, body);
                return PutOutcome.CREATED;
            } catch (AwsServiceException e) {
                if (e.statusCode() == PRECONDITION_FAILED) {
                    return compare(key, sha256);
                }
                if (e.statusCode() != CONFLICT || tries == MAX_CONFLICT_TRIES) {
                    return found(key, sha256, e);
                }
            } catch (SdkException e) {
                return found(key, sha256, e);
            }
        }
    }

    /**
     * A put without a good answer may have been done. And a server that knows at once that the key is taken may say so and
     * hang up while the body is still on its way: then its answer is lost, however often the put is repeated.
     */
    private PutOutcome found(ObjectKey key, String sha256, SdkException failure) throws IOException {
        try {
            return compare(key, sha256);
        } catch (IOException e) {
            IOException failed = failed("put", key, failure);
            failed.addSuppressed(e);
            throw failed;
        }
    }

    private PutOutcome compare(ObjectKey key, String sha256) throws IOException {
        HeadObjectResponse there = look(key);
        String found = there.metadata().get(SHA256);
        if (found == null) {
            try (InputStream in = open(key)) {
                found = Sha256.of(in).sha256();
            }
        }
        return found.equals(sha256) ? PutOutcome.SAME : PutOutcome.OCCUPIED;
    }

    @Override
    public InputStream open(ObjectKey key) throws IOException {
        return get(key, null);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws IOException {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("range " + offset + "+" + length);
        }
        if (length == 0) {
            return InputStream.nullInputStream();
        }
        InputStream body = get(key, "bytes=" + offset + "-" + (offset + length - 1));
        return new ExactLengthInputStream(body, length, "range " + offset + "+" + length + " of " + location() + key);
    }

    private InputStream get(ObjectKey key, String range) throws IOException {
        GetObjectRequest request = GetObjectRequest.builder()
                .bucket(settings.bucket())
                .key(fullKey(key))
                .range(range)
                .build();
        ResponseInputStream<GetObjectResponse> response = ask("get", key, () -> client.getObject(request));
        return new Body(response, location() + key);
    }

    @Override
    public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
        try {
            return Optional.of(new ObjectInfo(key, look(key).contentLength()));
        } catch (NoSuchObjectException e) {
            return Optional.empty();
        }
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
        try {
            client.listObjectsV2Paginator(b -> b.bucket(settings.bucket()).prefix(settings.prefix() + prefix))
                    .contents()
                    .forEach(object -> {
                        String relative =
                                object.key().substring(settings.prefix().length());
                        ObjectKey.parse(relative).ifPresent(key -> each.accept(new ObjectInfo(key, object.size())));
                    });
        } catch (SdkException e) {
            throw new IOException(message("list", prefix, e), e);
        }
    }

    /** A bucket has Object Lock or has not; that of its objects which this may not ask about is not known. */
    @Override
    public LockSupport lockSupport() {
        try {
            ObjectLockConfiguration lock = client.getObjectLockConfiguration(b -> b.bucket(settings.bucket()))
                    .objectLockConfiguration();
            boolean enabled = lock != null && lock.objectLockEnabled() == ObjectLockEnabled.ENABLED;
            return enabled
                    ? new LockSupport(LockSupport.Answer.YES, "bucket " + settings.bucket() + " has Object Lock")
                    : new LockSupport(LockSupport.Answer.NO, "bucket " + settings.bucket() + " has no Object Lock");
        } catch (AwsServiceException e) {
            boolean refused = e.statusCode() == NOT_FOUND && !isMissingBucket(e)
                    || e.statusCode() == BAD_REQUEST
                    || e.statusCode() == METHOD_NOT_ALLOWED
                    || e.statusCode() == NOT_IMPLEMENTED;
            return new LockSupport(
                    refused ? LockSupport.Answer.NO : LockSupport.Answer.UNKNOWN,
                    "bucket " + settings.bucket() + ": " + why(e));
        } catch (SdkException e) {
            return new LockSupport(LockSupport.Answer.UNKNOWN, "bucket " + settings.bucket() + ": " + why(e));
        }
    }

    @Override
    public Protection protection(ObjectKey key) throws IOException {
        return protection(look(key));
    }

    private static Protection protection(HeadObjectResponse there) {
        boolean held = there.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON;
        Instant until = there.objectLockRetainUntilDate();
        return until == null
                ? new Protection(Protection.Mode.NONE, 0, held)
                : new Protection(
                        there.objectLockMode() == ObjectLockMode.COMPLIANCE
                                ? Protection.Mode.COMPLIANCE
                                : Protection.Mode.GOVERNANCE,
                        until.toEpochMilli(),
                        held);
    }

    @Override
    public Protection protect(ObjectKey key, Protection protection) throws IOException {
        Protection before = protection(key);
        Protection wanted = before.and(protection);
        if (wanted.equals(before)) {
            return before;
        }
        if (wanted.mode() != before.mode() || wanted.untilMillis() != before.untilMillis()) {
            ObjectLockRetention retention = ObjectLockRetention.builder()
                    .mode(wanted.mode().name())
                    .retainUntilDate(Instant.ofEpochMilli(wanted.untilMillis()))
                    .build();
            ask(
                    "lock",
                    key,
                    () -> client.putObjectRetention(
                            b -> b.bucket(settings.bucket()).key(fullKey(key)).retention(retention)));
        }
        if (wanted.legalHold() && !before.legalHold()) {
            ask(
                    "hold",
                    key,
                    () -> client.putObjectLegalHold(b -> b.bucket(settings.bucket())
                            .key(fullKey(key))
                            .legalHold(hold -> hold.status(ObjectLockLegalHoldStatus.ON))));
        }
        Protection after = protection(key);
        if (!after.and(wanted).equals(after)) {
            // A server that ignores the request, or one that shows locks only to those who may read them.
            throw new IOException("lock " + location() + key + ": the store took it and shows '" + after
                    + "'; expected '" + wanted + "' (to see it takes s3:GetObjectRetention and s3:GetObjectLegalHold)");
        }
        return after;
    }

    /**
     * Names the version, where there are versions: else the object would be hidden and its bytes stay, and be billed, for
     * ever. There is no earlier one, for none was ever written over.
     */
    @Override
    public void delete(ObjectKey key) throws IOException {
        HeadObjectResponse there;
        try {
            there = look(key);
        } catch (NoSuchObjectException e) {
            return;
        }
        Protection protection = protection(there);
        if (protection.forbidsDeletionAt(System.currentTimeMillis())) {
            throw new LockedObjectException(location(), key, protection);
        }
        ask(
                "delete",
                key,
                () -> client.deleteObject(
                        b -> b.bucket(settings.bucket()).key(fullKey(key)).versionId(there.versionId())));
    }

    private HeadObjectResponse look(ObjectKey key) throws IOException {
        return ask(
                "head",
                key,
                () -> client.headObject(b -> b.bucket(settings.bucket()).key(fullKey(key))));
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public String toString() {
        return location();
    }

    private String fullKey(ObjectKey key) {
        return settings.prefix() + key.value();
    }

    private <T> T ask(String verb, ObjectKey key, Supplier<T> request) throws IOException {
        try {
            return request.get();
        } catch (AwsServiceException e) {
            if (e.statusCode() == NOT_FOUND && !isMissingBucket(e)) {
                NoSuchObjectException missing = new NoSuchObjectException(location(), key);
                missing.initCause(e);
                throw missing;
            }
            throw failed(verb, key, e);
        } catch (SdkException e) {
            throw failed(verb, key, e);
        }
    }

    private static boolean isMissingBucket(AwsServiceException e) {
        return e.awsErrorDetails() != null
                && "NoSuchBucket".equals(e.awsErrorDetails().errorCode());
    }

    private IOException failed(String verb, ObjectKey key, SdkException e) {
        return new IOException(message(verb, key.value(), e), e);
    }

    private String message(String verb, String key, SdkException e) {
        return verb + " " + location() + key + ": " + why(e);
    }

    private static String why(SdkException e) {
        if (e instanceof AwsServiceException service) {
            String code = service.awsErrorDetails() == null
                    ? ""
                    : service.awsErrorDetails().errorCode();
            return service.statusCode() + " " + code + ", request id " + service.requestId();
        }
        return e.getMessage();
    }

    private boolean sendsMd5() {
        return settings.checksums() == S3Settings.Checksums.WHEN_REQUIRED;
    }

    private static String md5(Path file) throws IOException {
        MessageDigest digest = md5();
        byte[] chunk = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
            }
        }
        return Base64.getEncoder().encodeToString(digest.digest());
    }

    /** Content-MD5 is what every S3 server verifies in transit; it identifies nothing here. */
    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /** Turns the SDK's unchecked failures of a read into IOExceptions, and closes a body not read to its end by aborting. */
    private static final class Body extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> response;
        private final ExactLengthInputStream exact;

        Body(ResponseInputStream<GetObjectResponse> response, String what) {
            this(
                    response,
                    new ExactLengthInputStream(response, response.response().contentLength(), what));
        }

        private Body(ResponseInputStream<GetObjectResponse> response, ExactLengthInputStream exact) {
            super(exact);
            this.response = response;
            this.exact = exact;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            try {
                return super.read(buffer, offset, count);
            } catch (SdkException e) {
                throw new IOException("read: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() throws IOException {
            if (exact.isComplete()) {
                super.close();
            } else {
                response.abort(); // Closing would first read the rest of the body.
            }
        }
    }
}
