using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Deep storage on the command line: <c>--deep-storage</c>, or Druid's properties as they stand in its configuration, each with <c>--</c> before it.</summary>
internal static class DeepStorageOptions
{
    public const string Usage = """
          --deep-storage DIR | s3://BUCKET/BASE_KEY      where segments are published; or as Druid says it: --druid.storage.type local --druid.storage.storageDirectory DIR,
                                                         --druid.storage.type s3 --druid.storage.bucket BUCKET --druid.storage.baseKey BASE_KEY
          of S3, with Druid's meaning and defaults, each followed by its value:
            --druid.s3.endpoint.url    --druid.s3.endpoint.signingRegion    --druid.s3.enablePathStyleAccess    --druid.s3.protocol
            --druid.storage.disableAcl    --druid.storage.useS3aSchema    --druid.storage.sse.type s3|kms    --druid.storage.sse.kms.keyId
          S3's keys are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or of wherever else AWS's SDK looks (profile, container, instance), or
            --druid.s3.fileSessionCredentials FILE       with the lines accessKey=, secretKey= and perhaps sessionToken=
            --druid.s3.accessKey, --druid.s3.secretKey   only as {"type":"environment","variable":NAME}: a command line is no place for secrets
        """;

    private static readonly string[] Locations = ["--deep-storage", "--druid.storage.type", "--druid.storage.storageDirectory", "--druid.storage.bucket", "--druid.storage.baseKey"];
    private const string AccessKey = "--druid.s3.accessKey", SecretKey = "--druid.s3.secretKey";

    /// <summary>Whether the options say where deep storage is, rightly or wrongly.</summary>
    public static bool IsTold(Dictionary<string, string> values) => Locations.Any(values.ContainsKey);

    /// <summary>Takes what is its own out of the options.</summary>
    /// <param name="values">By name.</param>
    /// <param name="hasFurtherUse">Something else is in S3, so that its options make sense with a directory too.</param>
    /// <exception cref="FormatException">Something is missing or wrong; no secret is in the message.</exception>
    public static (string Location, S3Settings S3) Take(Dictionary<string, string> values, bool hasFurtherUse = false)
    {
        var location = Location(name => values.Remove(name, out var value) ? value : null);
        var s3 = TakeS3(values);
        return DeepStorage.IsInS3(location) || hasFurtherUse || s3 == new S3Settings() ? (location, s3) : throw new FormatException($"there are options of S3, but deep storage is the directory [{location}]");
    }

    /// <summary>Takes how S3 is reached out of the options.</summary>
    /// <exception cref="FormatException">Something is wrong; no secret is in the message.</exception>
    public static S3Settings TakeS3(Dictionary<string, string> values)
    {
        string? Value(string name) => values.Remove(name, out var value) ? value : null;
        bool Flag(string name) => Value(name) is { } text && (bool.TryParse(text, out var flag) ? flag : throw new FormatException($"{name} [{text}] is neither true nor false"));
        var s3 = new S3Settings
        {
            Endpoint = Endpoint(Value("--druid.s3.endpoint.url"), Value("--druid.s3.protocol")),
            Region = Value("--druid.s3.endpoint.signingRegion"),
            PathStyle = Flag("--druid.s3.enablePathStyleAccess"),
            DisableAcl = Flag("--druid.storage.disableAcl"),
            UseS3aSchema = Flag("--druid.storage.useS3aSchema"),
            Encryption = Value("--druid.storage.sse.type") switch
            {
                null => S3Encryption.None,
                "s3" => S3Encryption.S3,
                "kms" => S3Encryption.Kms,
                var type => throw new FormatException($"--druid.storage.sse.type [{type}] is not supported: s3 and kms are"),
            },
            KmsKeyId = Value("--druid.storage.sse.kms.keyId"),
            CredentialFile = Value("--druid.s3.fileSessionCredentials"),
            CredentialVariables = (Variable(AccessKey, Value(AccessKey)), Variable(SecretKey, Value(SecretKey))) switch
            {
                ({ } access, { } secret) => (access, secret),
                (null, null) => null,
                _ => throw new FormatException($"{AccessKey} and {SecretKey} go together"),
            },
        };
        return s3 is { KmsKeyId: null } or { Encryption: S3Encryption.Kms } ? s3 : throw new FormatException("--druid.storage.sse.kms.keyId goes with --druid.storage.sse.type kms");
    }

    private static string Location(Func<string, string?> value)
    {
        var (given, type, directory, bucket, baseKey) = (value("--deep-storage"), value("--druid.storage.type"), value("--druid.storage.storageDirectory"), value("--druid.storage.bucket"), value("--druid.storage.baseKey"));
        var location = (given, type) switch
        {
            ({ } one, null) => one,
            ({ }, { }) => throw new FormatException("--deep-storage and --druid.storage.type say the same: give one of them"),
            (null, "local") => directory ?? throw new FormatException("--druid.storage.storageDirectory is missing"),
            (null, "s3") => $"{S3Place.Scheme}{bucket ?? throw new FormatException("--druid.storage.bucket is missing")}/{baseKey}",
            (null, null) => throw new FormatException("--deep-storage is missing"),
            (null, var other) => throw new FormatException($"--druid.storage.type [{other}] is not supported: local and s3 are"),
        };
        if (type is not "local" && directory is not null || type is not "s3" && (bucket ?? baseKey) is not null) throw new FormatException("options of --druid.storage.type local and s3 are mixed up");
        if (DeepStorage.IsInS3(location)) _ = S3Place.Parse(location);
        return location;
    }

    private static Uri? Endpoint(string? url, string? protocol)
    {
        if (protocol is not (null or "http" or "https")) throw new FormatException($"--druid.s3.protocol [{protocol}] is neither http nor https");
        if (url is null) return null;
        return Uri.TryCreate(url.Contains("://", StringComparison.Ordinal) ? url : $"{protocol ?? "https"}://{url}", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri : throw new FormatException($"--druid.s3.endpoint.url [{url}] is not a URL");
    }

    private static string? Variable(string option, string? provider)
    {
        if (provider is null) return null;
        try
        {
            using var json = JsonDocument.Parse(provider);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("type", out var type) && type.ValueEquals("environment") && root.TryGetProperty("variable", out var name) && name.GetString() is { Length: > 0 } variable)
            {
                SecretProvider.Withhold(variable); // else a spec could have the key sent to a broker
                return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } ? variable : throw new FormatException($"the variable {variable} that {option} names is not set");
            }
        }
        catch (JsonException)
        {
            // A key itself, then: the message must not repeat it.
            throw Unfit();
        }
        throw Unfit();

        FormatException Unfit() => new($$"""{{option}} takes {"type":"environment","variable":NAME} only: others can read a command line""");
    }
}
