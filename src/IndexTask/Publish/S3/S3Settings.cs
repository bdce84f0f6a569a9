namespace Ingestion.IndexTask.Publish.S3;

/// <summary>How an S3 is reached and what it is told of each object: Druid's <c>druid.storage.*</c> and <c>druid.s3.*</c>. Holds no secrets, so that it may be
/// logged: credentials are named by where they are; where they are not, the AWS SDK's default chain finds them (environment, profile, container, instance).</summary>
public sealed record S3Settings
{
    /// <summary>Base URL of an S3-compatible server; null: AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Region that requests are signed for; null: the AWS SDK's default chain, and us-east-1 where there is an endpoint.</summary>
    public string? Region { get; init; }

    /// <summary>The bucket in the path of URLs instead of the host name, as most S3-compatible servers need it.</summary>
    public bool PathStyle { get; init; }

    /// <summary>False: the bucket's owner gets full control of each object.</summary>
    public bool DisableAcl { get; init; }

    /// <summary>The load spec's <c>S3Schema</c> is <c>s3a</c> instead of <c>s3n</c>; only Hadoop looks at it.</summary>
    public bool UseS3aSchema { get; init; }

    public S3Encryption Encryption { get; init; }

    /// <summary>With <see cref="S3Encryption.Kms"/>; null: the account's default key.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Environment variables with the access key and the secret key.</summary>
    public (string AccessKey, string SecretKey)? CredentialVariables { get; init; }

    /// <summary>A properties file with <c>accessKey</c>, <c>secretKey</c> and perhaps <c>sessionToken</c>; read again for each call, so that it may be renewed.</summary>
    public string? CredentialFile { get; init; }

    /// <summary>For one call; a part of an upload is one.</summary>
    internal TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes: larger files are uploaded in parts.</summary>
    internal long MultipartAbove { get; init; } = 64 << 20;

    /// <summary>Bytes; more where a file would have over 10,000 parts, S3's limit. S3 takes no parts under 5 MiB but the last.</summary>
    internal long PartBytes { get; init; } = 16 << 20;
}

/// <summary>Who encrypts objects at rest: nobody but the bucket's own setting, S3 with its keys, or S3 with a key of AWS KMS.</summary>
public enum S3Encryption { None, S3, Kms }
