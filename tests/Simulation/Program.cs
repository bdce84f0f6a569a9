using Ingestion.Simulation.Seeds;

namespace Ingestion.Simulation;

/// <summary>A test program; with <c>--seeds N</c> or <c>--seed N</c> it runs worlds instead.</summary>
internal static class Program
{
    private static int Main(string[] arguments) =>
        arguments.Any(a => a is "--seeds" or "--seed") ? CommandLine.Run(arguments, Console.Out)
        : arguments.Any(a => a is "-automated" or "@@") ? Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments).GetAwaiter().GetResult()
        : Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult();
}
