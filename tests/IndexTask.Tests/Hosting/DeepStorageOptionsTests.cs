using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class DeepStorageOptionsTests
{
    private const string Known = "PATH", Unset = "NO_SUCH_VARIABLE_IS_SET"; // every process has a PATH

    [Theory]
    [InlineData("/deep", "--deep-storage", "/deep")]
    [InlineData("/deep", "--druid.storage.type", "local", "--druid.storage.storageDirectory", "/deep")]
    [InlineData("s3://bucket/base/key", "--deep-storage", "s3://bucket/base/key")]
    [InlineData("s3://bucket/base/key", "--druid.storage.type", "s3", "--druid.storage.bucket", "bucket", "--druid.storage.baseKey", "base/key")]
    [InlineData("s3://bucket/", "--druid.storage.type", "s3", "--druid.storage.bucket", "bucket")]
    public void Deep_storage_is_named_our_way_or_druids(string location, params string[] arguments)
    {
        var values = WorkerOptions.Pairs(arguments);
        Assert.Equal((location, new S3Settings()), DeepStorageOptions.Take(values));
        Assert.Empty(values);
    }

    [Fact]
    public void Druids_properties_of_s3_are_read()
    {
        var (_, s3) = Take("--deep-storage", "s3://b", "--druid.s3.endpoint.url", "minio:9000", "--druid.s3.protocol", "http", "--druid.s3.endpoint.signingRegion", "eu-west-1", "--druid.s3.enablePathStyleAccess", "true",
            "--druid.storage.disableAcl", "true", "--druid.storage.useS3aSchema", "true", "--druid.storage.sse.type", "kms", "--druid.storage.sse.kms.keyId", "key",
            "--druid.s3.accessKey", $$"""{"type":"environment","variable":"{{Known}}"}""", "--druid.s3.secretKey", $$"""{"variable":"{{Known}}","type":"environment"}""");
        Assert.Equal(new S3Settings
        {
            Endpoint = new Uri("http://minio:9000"), Region = "eu-west-1", PathStyle = true, DisableAcl = true, UseS3aSchema = true, Encryption = S3Encryption.Kms, KmsKeyId = "key", CredentialVariables = (Known, Known),
        }, s3);
        Assert.DoesNotContain(Environment.GetEnvironmentVariable(Known)!, s3.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--deep-storage is missing")]
    [InlineData("[s3:///key] names no bucket", "--deep-storage", "s3:///key")]
    [InlineData("--deep-storage and --druid.storage.type say the same: give one of them", "--deep-storage", "/deep", "--druid.storage.type", "local")]
    [InlineData("--druid.storage.bucket is missing", "--druid.storage.type", "s3")]
    [InlineData("--druid.storage.storageDirectory is missing", "--druid.storage.type", "local")]
    [InlineData("--druid.storage.type [hdfs] is not supported: local and s3 are", "--druid.storage.type", "hdfs")]
    [InlineData("options of --druid.storage.type local and s3 are mixed up", "--deep-storage", "/deep", "--druid.storage.bucket", "b")]
    [InlineData("there are options of S3, but deep storage is the directory [/deep]", "--deep-storage", "/deep", "--druid.storage.disableAcl", "true")]
    [InlineData("--druid.storage.disableAcl [yes] is neither true nor false", "--deep-storage", "s3://b", "--druid.storage.disableAcl", "yes")]
    [InlineData("--druid.storage.sse.type [custom] is not supported: s3 and kms are", "--deep-storage", "s3://b", "--druid.storage.sse.type", "custom")]
    [InlineData("--druid.storage.sse.kms.keyId goes with --druid.storage.sse.type kms", "--deep-storage", "s3://b", "--druid.storage.sse.kms.keyId", "k")]
    [InlineData("--druid.s3.protocol [ftp] is neither http nor https", "--deep-storage", "s3://b", "--druid.s3.protocol", "ftp")]
    [InlineData("--druid.s3.endpoint.url [ftp://x] is not a URL", "--deep-storage", "s3://b", "--druid.s3.endpoint.url", "ftp://x")]
    [InlineData("--druid.s3.accessKey and --druid.s3.secretKey go together", "--deep-storage", "s3://b", "--druid.s3.accessKey", """{"type":"environment","variable":"PATH"}""")]
    [InlineData("the variable NO_SUCH_VARIABLE_IS_SET that --druid.s3.secretKey names is not set", "--deep-storage", "s3://b", "--druid.s3.secretKey", $$"""{"type":"environment","variable":"{{Unset}}"}""")]
    [InlineData("""--druid.s3.secretKey takes {"type":"environment","variable":NAME} only: others can read a command line""", "--deep-storage", "s3://b", "--druid.s3.secretKey", "hush")]
    [InlineData("""--druid.s3.secretKey takes {"type":"environment","variable":NAME} only: others can read a command line""", "--deep-storage", "s3://b", "--druid.s3.secretKey", """{"type":"default","password":"hush"}""")]
    public void Mistake_is_named_and_a_secret_is_not(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => Take(arguments)).Message);

    private static (string Location, S3Settings S3) Take(params string[] arguments) => DeepStorageOptions.Take(WorkerOptions.Pairs(arguments));
}
