using System.Runtime.Loader;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Loads assemblies from the program's folder that the program was not built with: the palette for pbm, and the user's
/// own Akka plugins.
/// </summary>
static class Extensions
{
    const string Pbm = "ConveyorActors.Pbm.ConveyorPbmProvider, ConveyorActors.Pbm";

    /// <summary>Registers a resolver that finds those assemblies.</summary>
    public static void MakeDiscoverable() =>
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
        {
            var path = Path.Combine(AppContext.BaseDirectory, $"{name.Name}.dll");
            return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        };

    /// <summary>Gets whether the palette for pbm is in the folder.</summary>
    public static bool HasPbm => Type.GetType(Pbm, throwOnError: false) is not null;

    /// <summary>Returns the configuration that loads the palette once the buffers are started.</summary>
    public static Config WithPbm(Config config)
    {
        var loaded = config.GetStringList("akka.extensions", []).Append(Pbm).Distinct(StringComparer.Ordinal);
        return ConfigurationFactory
            .ParseString($"akka.extensions = [{string.Join(", ", loaded.Select(HoconText.Quote))}]")
            .WithFallback(config);
    }
}
