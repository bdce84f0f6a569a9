using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>Makes the AWS SDK's client as the settings have it.</summary>
internal static class S3Client
{
    private const string DefaultRegion = "us-east-1";

    /// <exception cref="DeepStorageException">There is neither an endpoint nor a region, or credentials are missing.</exception>
    public static AmazonS3Client Open(S3Settings settings)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = settings.PathStyle,
            Timeout = settings.CallTimeout,
            // A blip is over within these; what lasts is told and tried again by Retries.
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 2,
            // Many S3-compatible servers know none of AWS's newer checksums. All know MD5, which S3Upload sends and checks.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (settings.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = settings.Region ?? DefaultRegion;
        }
        else if (settings.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        try
        {
            return Credentials(settings) is { } credentials ? new AmazonS3Client(credentials, config) : new AmazonS3Client(config);
        }
        catch (AmazonClientException problem)
        {
            throw new DeepStorageException($"S3 cannot be used: {problem.Message}", problem);
        }
    }

    private static AWSCredentials? Credentials(S3Settings settings) => settings switch
    {
        { CredentialVariables: var (access, secret) } => new BasicAWSCredentials(Variable(access), Variable(secret)),
        { CredentialFile: { } path } => new CredentialFile(path),
        _ => null,
    };

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new DeepStorageException($"the environment variable {name}, which should have a key for S3, is not set");
}
