namespace Ingestion.Overlord.Commands;

/// <summary>Where a command writes and reads.</summary>
internal sealed class Terminal
{
    private const int DefaultWidth = 120, DefaultHeight = 40;

    public required TextWriter Output { get; init; }
    public required TextWriter Error { get; init; }
    public required TextReader Input { get; init; }

    /// <summary>Somebody sits there who can answer a question.</summary>
    public bool CanAsk { get; init; }

    /// <summary>The output is a screen, not a pipe or a file.</summary>
    public bool IsScreen { get; init; }

    /// <summary>Whether q was pressed since the last time it was asked.</summary>
    public Func<bool> QuitPressed { get; init; } = () => false;

    /// <summary>Columns and lines.</summary>
    public Func<(int Width, int Height)> Size { get; init; } = () => (DefaultWidth, DefaultHeight);

    public static Terminal OfConsole() => new()
    {
        Output = Console.Out, Error = Console.Error, Input = Console.In, CanAsk = !Console.IsInputRedirected, IsScreen = !Console.IsOutputRedirected,
        QuitPressed = Console.IsInputRedirected ? () => false : PressedQ,
        Size = () => Console.IsOutputRedirected || Console.WindowWidth <= 0 || Console.WindowHeight <= 0 ? (DefaultWidth, DefaultHeight) : (Console.WindowWidth, Console.WindowHeight),
    };

    private static bool PressedQ()
    {
        while (Console.KeyAvailable)
            if (Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q') return true;
        return false;
    }
}
