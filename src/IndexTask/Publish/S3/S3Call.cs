using System.Net;
using Amazon.Runtime;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>Calls of S3 whose failures are told in an operator's words.</summary>
internal static class S3Call
{
    /// <exception cref="DeepStorageException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async Task<T> RunAsync<T>(string bucket, S3Settings settings, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (Exception problem) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("a call of S3 was given up", problem, cancellation); // the SDK wraps it in several ways
        }
        catch (Exception problem) when (problem is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException or TimeoutException
            or IOException and not DeepStorageException and not FileNotFoundException and not DirectoryNotFoundException)
        {
            throw new DeepStorageException(Words(bucket, settings, problem), problem);
        }
    }

    private static string Words(string bucket, S3Settings settings, Exception problem) => problem switch
    {
        AmazonServiceException { StatusCode: not 0 } answer => Words(bucket, settings, answer),
        OperationCanceledException or TimeoutException => $"{At(settings)} has not answered within {settings.CallTimeout.TotalSeconds:0.#} s",
        AmazonClientException when problem.InnerException is null => $"S3 cannot be used: {problem.Message}",
        _ => $"{At(settings)} cannot be reached: {Innermost(problem).Message}",
    };

    private static string Words(string bucket, S3Settings settings, AmazonServiceException answer) => answer.ErrorCode switch
    {
        "NoSuchBucket" => $"there is no bucket [{bucket}] at {At(settings)}",
        "InvalidAccessKeyId" => $"{At(settings)} does not know the access key: {answer.Message}",
        "SignatureDoesNotMatch" => $"{At(settings)} refuses the signature: the secret key does not go with the access key, or the region [{settings.Region}] is wrong",
        "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" => $"{At(settings)} refuses the session token: {answer.Message}",
        "RequestTimeTooSkewed" => $"this machine's clock differs too much from that of {At(settings)}: {answer.Message}",
        "AccessControlListNotSupported" => $"bucket [{bucket}] takes no ACLs: set druid.storage.disableAcl to true",
        "AuthorizationHeaderMalformed" or "PermanentRedirect" or "IllegalLocationConstraintException" => $"bucket [{bucket}] is in another region than [{settings.Region}]: set druid.s3.endpoint.signingRegion: {answer.Message}",
        "SlowDown" or "ServiceUnavailable" or "Throttling" or "ThrottlingException" or "RequestLimitExceeded" => $"{At(settings)} asks to slow down ({(int)answer.StatusCode} {answer.ErrorCode})",
        _ when answer.StatusCode is HttpStatusCode.Forbidden => $"access to bucket [{bucket}] at {At(settings)} is denied ({answer.ErrorCode}): s3:PutObject, s3:GetObject, s3:DeleteObject and, unless druid.storage.disableAcl is true, s3:PutObjectAcl are needed",
        var code => $"{At(settings)} answered {(int)answer.StatusCode} {code}: {answer.Message}",
    };

    private static string At(S3Settings settings) => settings.Endpoint is { } endpoint ? $"S3 at {endpoint.GetLeftPart(UriPartial.Authority)}" : $"AWS S3 in region [{settings.Region}]";

    private static Exception Innermost(Exception problem) => problem.InnerException is { } inner ? Innermost(inner) : problem;
}
