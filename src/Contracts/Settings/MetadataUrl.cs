using System.Data.Common;
using System.Globalization;

namespace Ingestion.Contracts.Settings;

/// <summary>The metadata database as people write it: <c>postgresql://user:password@host:5432/druid?sslmode=require</c> (libpq's connection URI),
/// Druid's <c>jdbc:postgresql://host:5432/druid?user=u&amp;password=p</c>, or a connection string of <c>Key=value</c> pairs as Npgsql has them.</summary>
public static class MetadataUrl
{
    private const string Expected = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected";
    private const int DefaultPort = 5432;

    /// <summary>A connection string for Npgsql. Text that is no URL is returned as it is: only Npgsql knows its keys.</summary>
    /// <exception cref="FormatException">A URL without host or database, or with a parameter or value that is not known. The message never has the password.</exception>
    public static string ToConnectionString(string text)
    {
        var url = text.StartsWith("jdbc:", StringComparison.Ordinal) ? text["jdbc:".Length..] : text;
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || url.AsSpan(0, scheme).Contains('=')) return text;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgresql" or "postgres")) throw new FormatException($"the metadata database is not given as a PostgreSQL URL: {Expected}");

        var settings = new DbConnectionStringBuilder { ["Host"] = uri.DnsSafeHost, ["Port"] = uri.Port > 0 ? uri.Port : DefaultPort, ["Database"] = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) settings["Username"] = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) settings["Password"] = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = Parameter(pair);
            settings[key] = value;
        }
        if (settings["Host"] is "") throw new FormatException($"the metadata URL names no host: {Expected}");
        if (settings["Database"] is "") throw new FormatException($"the metadata URL names no database: {Expected}");
        return settings.ConnectionString;
    }

    private static (string Key, string Value) Parameter(string pair)
    {
        var parts = pair.Split('=', 2);
        var name = Uri.UnescapeDataString(parts[0]);
        var value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        return name switch
        {
            "user" => ("Username", value),
            "password" => ("Password", value),
            "host" => ("Host", value), // libpq: a folder of unix sockets
            "sslmode" => ("SSL Mode", SslMode(value)),
            "connect_timeout" or "connectTimeout" => ("Timeout", Seconds(name, value)),
            _ => throw new FormatException($"the parameter [{name}] of the metadata URL is not known: user, password, host, sslmode and connect_timeout are"),
        };
    }

    private static string SslMode(string value) => value switch
    {
        "disable" => "Disable",
        "allow" => "Allow",
        "prefer" => "Prefer",
        "require" => "Require",
        "verify-ca" => "VerifyCA",
        "verify-full" => "VerifyFull",
        _ => throw new FormatException($"sslmode of the metadata URL is [{value}], not disable, allow, prefer, require, verify-ca or verify-full"),
    };

    private static string Seconds(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? value : throw new FormatException($"{name} of the metadata URL is [{value}], not a number of seconds");
}
