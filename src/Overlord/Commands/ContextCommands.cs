namespace Ingestion.Overlord.Commands;

/// <summary><c>overlord context</c>: names for clusters.</summary>
internal static class ContextCommands
{
    public static int Run(CommandArguments arguments, Terminal terminal, Func<string, string?> variable)
    {
        var file = ContextFile.Open(variable);
        var named = file.Named;
        switch (arguments.Operands)
        {
            case [] or ["list"]:
                var table = new TextTable("", "NAME", "OVERLORD", "CREDENTIALS");
                foreach (var (name, context) in named.Contexts) table.Add(name == named.Current ? "*" : "", name, string.Join(',', context.Overlords), context.Credentials);
                if (table.IsEmpty) terminal.Output.WriteLine($"There are none. Without one, {OverlordContext.DefaultUrl} is asked.");
                else table.Write(terminal.Output);
                return ExitCode.Done;
            case ["add", var name]:
                if (arguments["--overlord"] is null) throw CommandFailure.Usage("context add NAME needs --overlord URL");
                var contexts = Copy(named);
                contexts[name] = OverlordContext.Of(arguments);
                file.Save(new NamedContexts { Current = named.Current ?? name, Contexts = contexts });
                terminal.Output.WriteLine($"Context [{name}] is kept{(file.Named.Current == name ? " and in use" : $"; overlord context use {name} makes it the one in use")}.");
                return ExitCode.Done;
            case ["use", var name]:
                file.Find(name);
                file.Save(named with { Current = name });
                terminal.Output.WriteLine($"Context [{name}] is in use.");
                return ExitCode.Done;
            case ["remove", var name]:
                file.Find(name);
                var rest = Copy(named);
                rest.Remove(name);
                file.Save(new NamedContexts { Current = named.Current == name ? null : named.Current, Contexts = rest });
                terminal.Output.WriteLine($"Context [{name}] is gone{(named.Current == name ? ", and none is in use" : "")}.");
                return ExitCode.Done;
            default:
                throw CommandFailure.Usage("context list, context add NAME --overlord URL, context use NAME or context remove NAME is expected");
        }
    }

    private static SortedDictionary<string, OverlordContext> Copy(NamedContexts named) => new(named.Contexts, StringComparer.Ordinal);
}
