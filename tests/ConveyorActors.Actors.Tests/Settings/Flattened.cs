using System.Reflection;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Settings;

/// <summary>Settings as the reference file sees them: a value for each key, however deep.</summary>
static class Flattened
{
    /// <summary>The types of which every property must have a key.</summary>
    static readonly Type[] Blocks =
    [
        typeof(BufferSettings),
        typeof(StageSettings),
        typeof(BackoffSettings),
        typeof(DuplicateWindow),
        typeof(BufferActorSettings),
    ];

    /// <summary>Each property of the settings in kebab case, below its block's name.</summary>
    public static Dictionary<string, object?> Of(object settings, string path = "")
    {
        var flat = new Dictionary<string, object?>(StringComparer.Ordinal);
        Add(flat, settings, path);
        return flat;
    }

    /// <summary>Every key that the properties of a type ask for, whatever their values are.</summary>
    public static IEnumerable<string> KeysOf(Type block, string path = "") =>
        Properties(block)
            .SelectMany(p =>
            {
                var type = Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType;
                var key = path + Key(p);
                if (!Blocks.Contains(type))
                    return [key];
                var inner = KeysOf(type, key + ".");
                return type == typeof(DuplicateWindow) ? inner.Append(key + ".enabled") : inner;
            });

    /// <summary>
    /// The property that a key of the reference file sets; null for a switch that has none (duplicates.enabled).
    /// </summary>
    public static PropertyInfo? PropertyOf(string key)
    {
        var (type, property) = (typeof(ConveyorSettings), default(PropertyInfo));
        foreach (var part in key.Split('.'))
        {
            property = Properties(type).SingleOrDefault(p => Key(p) == part);
            type = property?.PropertyType ?? type;
        }
        return property;
    }

    static void Add(Dictionary<string, object?> flat, object settings, string path)
    {
        foreach (var property in Properties(settings.GetType()))
        {
            var (key, value) = (path + Key(property), property.GetValue(settings));
            if (property.PropertyType == typeof(DuplicateWindow))
                flat[key + ".enabled"] = value is not null;
            if (Blocks.Contains(property.PropertyType))
            {
                if (value is not null)
                    Add(flat, value, key + ".");
            }
            else
            {
                flat[key] = value;
            }
        }
    }

    static PropertyInfo[] Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    static string Key(PropertyInfo property) =>
        string.Concat(
            property.Name.Select(
                (c, i) =>
                    char.IsAsciiLetterUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"
            )
        );
}
