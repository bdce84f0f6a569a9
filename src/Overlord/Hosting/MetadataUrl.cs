using System.Globalization;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>The metadata database as people write it: <c>postgresql://user:password@host:5432/druid?sslmode=require</c>, Druid's
/// <c>jdbc:postgresql://host:5432/druid?user=u&amp;password=p</c>, or an Npgsql connection string.</summary>
internal static class MetadataUrl
{
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static string ToConnectionString(string text)
    {
        var url = text.StartsWith("jdbc:", StringComparison.Ordinal) ? text["jdbc:".Length..] : text;
        if (!url.StartsWith("postgres", StringComparison.Ordinal) || !url.Contains("://", StringComparison.Ordinal)) return Checked(text);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.AbsolutePath.Length < 2) throw new FormatException($"[{Redact(text)}] is not a PostgreSQL URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected");
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]) };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (Uri.UnescapeDataString(pair.Split('=', 2)[0]), Uri.UnescapeDataString(pair.Split('=', 2).ElementAtOrDefault(1) ?? ""));
            switch (name)
            {
                case "user": builder.Username = value; break;
                case "password": builder.Password = value; break;
                case "sslmode": builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true); break;
                case "host": builder.Host = value; break; // libpq: a folder of unix sockets
                case "connectTimeout" or "connect_timeout": builder.Timeout = int.Parse(value, CultureInfo.InvariantCulture); break;
                default: throw new FormatException($"the parameter [{name}] of the metadata URL is not known: user, password, sslmode, host or connect_timeout are");
            }
        }
        return builder.ConnectionString;
    }

    private static string Checked(string text)
    {
        try { return new NpgsqlConnectionStringBuilder(text).ConnectionString; }
        catch (ArgumentException e) { throw new FormatException($"the metadata database is neither a PostgreSQL URL nor a connection string: {e.Message}", e); }
    }

    private static string Redact(string text) => System.Text.RegularExpressions.Regex.Replace(text, "(?<=://[^:/@]*:)[^@]*(?=@)|(?<=password=)[^&;]*", "***");
}
