using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>
/// Shows the findings of a data directory, each once. Some are made only when records are read, after the directory was
/// opened.
/// </summary>
sealed class FindingsReport(Terminal terminal, DataDirectory directory, string path)
{
    int shown;

    /// <summary>Returns the findings of data that is missing or unreadable.</summary>
    public static IReadOnlyList<Finding> FindDamage(IEnumerable<Finding> findings) =>
        [.. findings.Where(f => f.Kind == FindingKind.Damage)];

    /// <summary>Shows what was found since this method was last called.</summary>
    public void ShowNew()
    {
        foreach (var finding in directory.Findings.Skip(shown))
        {
            terminal.WriteMessage($"{path}: {finding}");
            shown++;
        }
    }
}
