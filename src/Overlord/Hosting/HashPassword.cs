using System.Text.Json;
using Ingestion.Access.Users;

namespace Ingestion.Overlord.Hosting;

/// <summary><c>overlord hash-password</c>: makes an entry of a users file.</summary>
internal static class HashPassword
{
    private const string Usage = """
        overlord hash-password NAME            reads a password (one line) from standard input, and prints the user's entry for the users file
        overlord hash-password NAME --token    makes a token instead, for programs; it is printed once, on standard error, and cannot be had again

        The users file: {"users":[ENTRY, ...]}. An entry's other members say what the user may: "read" and "write" name dataSources (["wiki", "logs-*"]; ["*"] is all of them,
        and what concerns the whole cluster; write does not include read), and "internal": true is for overlords and workers among themselves.
        """;

    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextReader input, TextWriter output, TextWriter errors)
    {
        switch (arguments)
        {
            case ["--help" or "-h"]:
                output.WriteLine(Usage);
                return 0;
            case [var name, "--token"] when IsName(name):
                var token = SecretHash.NewToken();
                output.WriteLine(JsonSerializer.Serialize(new { name, tokens = new[] { SecretHash.OfToken(token).ToString() }, read = Array.Empty<string>(), write = Array.Empty<string>(), @internal = true }));
                errors.WriteLine(token);
                return 0;
            case [var name] when IsName(name):
                if (input.ReadLine() is not { Length: > 0 } password)
                {
                    errors.WriteLine("overlord hash-password: no password was given on standard input");
                    return 2;
                }
                output.WriteLine(JsonSerializer.Serialize(new { name, password = SecretHash.OfPassword(password).ToString(), read = (string[])["*"], write = Array.Empty<string>() }));
                return 0;
            default:
                errors.WriteLine(Usage);
                return 2;
        }
    }

    private static bool IsName(string name) => name.Length > 0 && name[0] != '-' && !name.Contains(':', StringComparison.Ordinal);
}
