using System.Reflection;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Options;

/// <summary>Refuses options of actors where the buffers are in this process, because they would have no effect.</summary>
sealed class EmbeddedOptionsValidator : IValidateOptions<ConveyorOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ConveyorOptions options)
    {
        const string actors = $"{ConveyorOptions.SectionName}:Actors";
        string[] errors =
        [
            .. FindSet(actors, options.Actors)
                .Select(set =>
                    $"{set.Key} is {set.Value}, and the buffers of AddConveyor are no actors; leave it out, or use AddConveyorActors."
                ),
        ];
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    static IEnumerable<(string Key, object Value)> FindSet(string key, object options) =>
        options
            .GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SelectMany(property =>
                (property.CanWrite, property.GetValue(options)) switch
                {
                    (false, { } group) => FindSet($"{key}:{property.Name}", group),
                    (true, { } value) => [($"{key}:{property.Name}", value)],
                    _ => [],
                }
            );
}
