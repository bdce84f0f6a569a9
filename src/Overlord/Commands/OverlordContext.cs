using System.Net.Http.Headers;
using System.Text.Json.Serialization;
using Ingestion.Access.Http;

namespace Ingestion.Overlord.Commands;

/// <summary>A cluster, and how one is known to it. Passwords and tokens are named by where they are, never kept.</summary>
internal sealed record OverlordContext
{
    public const string DefaultUrl = "http://127.0.0.1:8090";

    /// <summary>Options that make one.</summary>
    public static readonly string[] Options = ["--overlord", "--user", "--password-env", "--password-file", "--token-env", "--token-file", "--ca-file"];

    /// <summary>Base URLs, tried in turn until one answers; at least one.</summary>
    public required IReadOnlyList<string> Overlords { get; init; }
    public string? User { get; init; }

    /// <summary>The variable, or the file, that has the password of <see cref="User"/>, or the bearer token.</summary>
    public string? PasswordEnv { get; init; }
    public string? PasswordFile { get; init; }
    public string? TokenEnv { get; init; }
    public string? TokenFile { get; init; }

    /// <summary>Certificates (PEM) that a server's may be signed by, instead of the machine's.</summary>
    public string? CaFile { get; init; }

    [JsonIgnore]
    public string Credentials => User is not null ? $"{User}, password from {PasswordEnv ?? PasswordFile}" : TokenEnv is not null || TokenFile is not null ? $"token from {TokenEnv ?? TokenFile}" : "none";

    /// <exception cref="CommandFailure">Options do not go together, or a URL is none.</exception>
    public static OverlordContext Of(CommandArguments arguments)
    {
        var context = new OverlordContext
        {
            Overlords = [.. (arguments["--overlord"] ?? DefaultUrl).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Checked)],
            User = arguments["--user"], PasswordEnv = arguments["--password-env"], PasswordFile = FullPath(arguments["--password-file"]),
            TokenEnv = arguments["--token-env"], TokenFile = FullPath(arguments["--token-file"]), CaFile = FullPath(arguments["--ca-file"]),
        };
        var (passwords, tokens) = (Given(context.PasswordEnv, context.PasswordFile), Given(context.TokenEnv, context.TokenFile));
        if (context.Overlords.Count == 0) throw CommandFailure.Usage("--overlord names no URL");
        if (passwords + tokens > 1) throw CommandFailure.Usage("give one of --password-env, --password-file, --token-env and --token-file");
        if ((context.User is null) != (passwords == 0)) throw CommandFailure.Usage("--user goes with --password-env VARIABLE or --password-file FILE, which say where its password is");
        return context;
    }

    /// <summary>The Authorization header; null: none.</summary>
    /// <exception cref="CommandFailure">The variable is not set, the file cannot be read, or what is there cannot be sent.</exception>
    public AuthenticationHeaderValue? Authorization(Func<string, string?> variable)
    {
        try
        {
            if (User is not null) return CredentialHeader.Basic(User, Secret(PasswordEnv, PasswordFile, variable));
            return TokenEnv is null && TokenFile is null ? null : CredentialHeader.Bearer(Secret(TokenEnv, TokenFile, variable));
        }
        catch (FormatException e) { throw CommandFailure.Usage($"the context's credentials cannot be sent: {e.Message}"); }
    }

    private static string Secret(string? name, string? file, Func<string, string?> variable)
    {
        if (name is not null) return variable(name) is { Length: > 0 } value ? value : throw CommandFailure.Usage($"the variable {name}, which the context names for its credentials, is not set");
        try { return File.ReadAllText(file!).TrimEnd('\r', '\n'); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CommandFailure.Usage($"the credentials cannot be read: {e.Message}"); }
    }

    private static string Checked(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) throw CommandFailure.Usage($"--overlord [{url}] is not a URL such as {DefaultUrl}");
        if (uri.UserInfo.Length > 0) throw CommandFailure.Usage("--overlord has credentials in its URL: give --user and --password-env instead");
        return url.TrimEnd('/');
    }

    private static int Given(params ReadOnlySpan<string?> values)
    {
        var given = 0;
        foreach (var value in values)
            if (value is not null) given++;
        return given;
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
