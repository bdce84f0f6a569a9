namespace Ingestion.Overlord.Commands;

/// <summary>A command cannot go on: words for whoever gave it, and how the process ends (<see cref="ExitCode"/>).</summary>
internal sealed class CommandFailure(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode => exitCode;

    public static CommandFailure Usage(string message) => new(Commands.ExitCode.WrongUsage, message);
    public static CommandFailure Refused(string message) => new(Commands.ExitCode.Refused, message);
    public static CommandFailure Unavailable(string message, Exception? cause = null) => new(Commands.ExitCode.Unavailable, message, cause);
}
