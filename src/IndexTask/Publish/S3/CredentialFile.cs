using Amazon.Runtime;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>Credentials in a properties file, Druid's <c>druid.s3.fileSessionCredentials</c>: lines <c>accessKey=</c>, <c>secretKey=</c> and perhaps <c>sessionToken=</c>.</summary>
internal sealed class CredentialFile(string path) : AWSCredentials
{
    /// <exception cref="DeepStorageException">The file cannot be read, or lacks a key.</exception>
    public override ImmutableCredentials GetCredentials()
    {
        try
        {
            var values = File.ReadLines(path).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0].Trim(), pair => pair[1].Trim());
            return values["accessKey"].LastOrDefault() is { Length: > 0 } access && values["secretKey"].LastOrDefault() is { Length: > 0 } secret
                ? new ImmutableCredentials(access, secret, values["sessionToken"].LastOrDefault() is { Length: > 0 } token ? token : null)
                : throw new DeepStorageException($"the credentials file [{path}] lacks accessKey= or secretKey=");
        }
        catch (Exception problem) when (problem is IOException and not DeepStorageException or UnauthorizedAccessException)
        {
            throw new DeepStorageException($"the credentials file [{path}] cannot be read: {problem.Message}", problem);
        }
    }
}
