using System.Reflection;

namespace ConveyorActors.Hosting.Options;

/// <summary>Finds the options that have a value.</summary>
static class SetOptions
{
    /// <summary>Returns the options that are not null, in nested options as well.</summary>
    /// <param name="key">The key of the options in the configuration.</param>
    /// <param name="options">The options.</param>
    /// <returns>The key and the value of each option that is set.</returns>
    public static IEnumerable<(string Key, object Value)> Find(string key, object options) =>
        options
            .GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SelectMany(property =>
                (property.CanWrite, property.GetValue(options)) switch
                {
                    (false, { } nested) => Find($"{key}:{property.Name}", nested),
                    (true, { } value) => [($"{key}:{property.Name}", value)],
                    _ => [],
                }
            );
}
